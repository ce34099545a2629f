// Names of ModernBERT's parameters in Hugging Face files.
import { nn } from '@llm/tensor';
import type { EncoderConfig } from '../encoder/config.ts';

/** Key of a parameter in a file of the whole model. */
export function modernBertKey({ task }: EncoderConfig, path: string): string {
  if (path === 'head.bias' && task === 'maskedLm') return 'decoder.bias';
  if (path.startsWith('head.outProj')) return path.replace('head.outProj', 'classifier');
  if (path.startsWith('head') && (task === 'tokenClassification' || task === 'questionAnswering'))
    return path.replace('head', 'classifier');
  return nn
    .toSnakePath(path.replace(/^encoder\./, 'model.'))
    .replace('.attn.wqkv.', '.attn.Wqkv.')
    .replace(/\.wo\./, '.Wo.')
    .replace('.mlp.wi.', '.mlp.Wi.');
}

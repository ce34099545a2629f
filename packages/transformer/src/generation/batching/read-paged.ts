import { scope, tf } from '@llm/tensor';
import type { PagedCache, PagedText } from '../../cache/paged/paged-cache.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { inEvaluation } from '../in-evaluation.ts';
import { takeLogits } from '../take-logits.ts';

/** Reads one token for each of several texts, or several for one. Logits after the last, [B · V]. */
export function readPaged(
  model: CausalLm,
  kvCache: PagedCache,
  { texts, tokens }: { readonly texts: readonly PagedText[]; readonly tokens: Int32Array },
): Promise<Float32Array> {
  const B = texts.length;
  const T = tokens.length / B;
  const positions = Int32Array.from(tokens, (_, i) => texts[Math.floor(i / T)]!.length + (i % T));
  const logits = scope(() => {
    const inputIds = tf.tensor2d(tokens, [B, T], 'int32');
    const positionIds = tf.tensor2d(positions, [B, T], 'int32');
    const read = () => model.hiddenStates(inputIds, { kvCache, positionIds });
    const hidden = inEvaluation(model, read); // [B, T, C]
    const C = hidden.shape[2]!;
    return model.logits(tf.reshape(tf.slice(hidden, [0, T - 1, 0], [B, 1, C]), [B, C]));
  });
  return takeLogits(logits);
}

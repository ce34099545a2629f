// Names of the parameters of BERT, RoBERTa and DistilBERT in Hugging Face files.
import { nn } from '@llm/tensor';
import type { EncoderConfig, EncoderTask } from '../encoder/config.ts';

type Names = readonly (readonly [ours: string, theirs: string])[];

const BERT_BODY: Names = [
  ['encoder.embeddings.norm', 'embeddings.LayerNorm'],
  ['encoder.embeddings', 'embeddings'],
  ['encoder.layers', 'encoder.layer'],
  ['selfAttn.qProj', 'attention.self.query'],
  ['selfAttn.kProj', 'attention.self.key'],
  ['selfAttn.vProj', 'attention.self.value'],
  ['selfAttn.outProj', 'attention.output.dense'],
  ['selfAttnNorm', 'attention.output.LayerNorm'],
  ['mlp.fc1', 'intermediate.dense'],
  ['mlp.fc2', 'output.dense'],
  ['mlpNorm', 'output.LayerNorm'],
];

const DISTIL_BODY: Names = [
  ['encoder.embeddings.norm', 'embeddings.LayerNorm'],
  ['encoder.embeddings', 'embeddings'],
  ['encoder.layers', 'transformer.layer'],
  ['selfAttn.qProj', 'attention.q_lin'],
  ['selfAttn.kProj', 'attention.k_lin'],
  ['selfAttn.vProj', 'attention.v_lin'],
  ['selfAttn.outProj', 'attention.out_lin'],
  ['selfAttnNorm', 'sa_layer_norm'],
  ['mlp.fc1', 'ffn.lin1'],
  ['mlp.fc2', 'ffn.lin2'],
  ['mlpNorm', 'output_layer_norm'],
];

type HeadNames = Readonly<Record<EncoderTask, Names>>;

const COMMON_HEADS = {
  tokenClassification: [['head', 'classifier']],
  questionAnswering: [['head', 'qa_outputs']],
} as const;

const HEADS: Readonly<Record<'bert' | 'roberta' | 'distilbert', HeadNames>> = {
  bert: {
    ...COMMON_HEADS,
    embedding: [['head', 'bert.pooler.dense']],
    maskedLm: [
      ['head.dense', 'cls.predictions.transform.dense'],
      ['head.norm', 'cls.predictions.transform.LayerNorm'],
      ['head', 'cls.predictions'],
    ],
    sequenceClassification: [
      ['head.dense', 'bert.pooler.dense'],
      ['head.outProj', 'classifier'],
    ],
  },
  roberta: {
    ...COMMON_HEADS,
    embedding: [['head', 'roberta.pooler.dense']],
    maskedLm: [
      ['head.norm', 'lm_head.layer_norm'],
      ['head', 'lm_head'],
    ],
    sequenceClassification: [
      ['head.dense', 'classifier.dense'],
      ['head.outProj', 'classifier.out_proj'],
    ],
  },
  distilbert: {
    ...COMMON_HEADS,
    embedding: [],
    maskedLm: [
      ['head.dense', 'vocab_transform'],
      ['head.norm', 'vocab_layer_norm'],
      ['head', 'vocab_projector'],
    ],
    sequenceClassification: [
      ['head.dense', 'pre_classifier'],
      ['head.outProj', 'classifier'],
    ],
  },
};

/** Key of a parameter in a file of the whole model, body keys beginning with the model type. */
export function bertKey({ modelType, task }: EncoderConfig, path: string): string {
  if (modelType === 'modernbert') throw new Error('bertKey: modernbert has names of its own.');
  if (path.startsWith('head')) return rename(HEADS[modelType][task].slice(0), path, 1);
  const body = modelType === 'distilbert' ? DISTIL_BODY : BERT_BODY;
  return `${modelType}.${rename(body, path, Infinity)}`;
}

/** Replaces the first `most` parts that are listed; what remains of our words becomes snake_case. */
function rename(names: Names, path: string, most: number): string {
  const parts: string[] = [];
  let rest = path;
  let left = most;
  for (const [ours, theirs] of names) {
    if (left === 0) break;
    const at = `.${rest}.`.indexOf(`.${ours}.`);
    if (at < 0) continue;
    const marker = `\u0000${parts.push(theirs) - 1}\u0000`;
    rest = rest.slice(0, at) + marker + rest.slice(at + ours.length);
    left -= 1;
  }
  return nn.toSnakePath(rest).replace(/\0(\d+)\0/g, (_, index: string) => parts[Number(index)]!);
}

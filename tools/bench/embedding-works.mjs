// Sentence embeddings of a MiniLM-like encoder: texts a second, in batches and one by one.
import { ours, python } from './contestants.mjs';

// A unit is several times the same where one takes a few milliseconds: the first ones find cold caches and JavaScript
// that is not compiled yet, so that is warmed up, too.
const WORKS = [
  { name: 'embed 32 × 64 tokens', shape: { batch: 32, time: 64, repeats: 1 } },
  { name: 'embed 1 × 16 tokens', shape: { batch: 1, time: 16, repeats: 100 } },
];

const FLOAT32 = [
  ours('embedding.mjs', 'ours fp32', 'native', { precision: 'float32' }),
  python('torch_embedding.py', 'PyTorch fp32', ['torch', 'transformers']),
  // transformers.js runs this engine.
  python('onnxruntime_embedding.py', 'onnxruntime fp32', ['onnxruntime', 'onnx', 'torch']),
];
const BFLOAT16 = [
  ours('embedding.mjs', 'ours bf16', 'native', { precision: 'bfloat16' }),
  python('torch_embedding_bf16.py', 'PyTorch bf16', ['torch', 'transformers']),
];

/** @param {string} modelPath a folder of a BERT-like encoder, such as all-MiniLM-L6-v2 */
export function embeddingWorks(modelPath) {
  return WORKS.flatMap(({ name, shape }) => [
    { name, shape: { ...shape, modelPath }, contestants: FLOAT32 },
    { name: `${name}, bf16`, shape: { ...shape, modelPath }, contestants: BFLOAT16 },
  ]);
}

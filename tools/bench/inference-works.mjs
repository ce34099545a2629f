// SmolLM2-135M on one file: how fast it reads a prompt, writes, writes eight texts at once, and is loaded.
import { ours, python } from './contestants.mjs';

const WORKS = [
  {
    name: 'prefill 512',
    shape: { kind: 'prefill', prompt: 512, tokens: 0, batch: 1 },
    withTorch: true,
  },
  {
    name: 'decode 32 at 0',
    shape: { kind: 'decode', prompt: 1, tokens: 32, batch: 1 },
    withTorch: true,
  },
  { name: 'decode 32 at 512', shape: { kind: 'decode', prompt: 512, tokens: 32, batch: 1 } },
  { name: 'decode 32 of 8 at 0', shape: { kind: 'decode', prompt: 1, tokens: 32, batch: 8 } },
  { name: 'load', shape: { kind: 'load', prompt: 1, tokens: 0, batch: 1 } },
];

const own = (label, weights) => ({ ...ours('inference.mjs', label), settings: { weights } });
const torch = (label, dtype) => ({
  ...python('torch_inference.py', label, ['torch', 'transformers', 'gguf']),
  settings: { dtype },
});

/** @param {string} modelPath a SmolLM2 .gguf */
export function inferenceWorks(modelPath) {
  return WORKS.map(({ name, shape, withTorch = false }) => ({
    name,
    shape: { ...shape, modelPath },
    contestants: [
      own('ours Q4_1', 'quantized'),
      own('ours bf16', 'bf16'),
      own('ours fp32', 'float32'),
      python('llama_cpp_inference.py', 'llama.cpp Q4_1', ['llama_cpp']),
      ...(withTorch ? [torch('PyTorch bf16', 'bfloat16'), torch('PyTorch fp32', 'float32')] : []),
    ],
  }));
}

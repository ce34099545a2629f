// What is measured. A work names the program of each contestant; all of them get the same shape.
import { ours, python } from './contestants.mjs';

const gpt2 = (layers, width, heads, vocabulary, batch, time) => ({
  layers,
  width,
  heads,
  vocabulary,
  batch,
  time,
});

/** Training steps in float32: forward, backward, AdamW; dropout off. */
const TRAINING = [
  { name: 'GPT-2 124M, B4 T64', shape: gpt2(12, 768, 12, 50257, 4, 64), slowPeers: false },
  { name: '4 × 256, V1024, B4 T128', shape: gpt2(4, 256, 4, 1024, 4, 128), slowPeers: true },
  { name: '6 × 384, V65, B16 T256', shape: gpt2(6, 384, 6, 65, 16, 256), slowPeers: false },
  { name: '6 × 384, V8192, B8 T256', shape: gpt2(6, 384, 6, 8192, 8, 256), slowPeers: false },
];

/** SmolLM2-135M: tokens of the prompt read at once, and tokens written one by one after it. */
const INFERENCE = [
  { name: 'prefill 512', shape: { kind: 'prefill', prompt: 512, tokens: 0 } },
  { name: 'decode 32 at 0', shape: { kind: 'decode', prompt: 1, tokens: 32 } },
  { name: 'decode 32 at 512', shape: { kind: 'decode', prompt: 512, tokens: 32 } },
];

export function trainingWorks() {
  return TRAINING.map(({ name, shape, slowPeers }) => ({
    name,
    shape,
    contestants: [
      ours('training-step.mjs', 'ours'),
      python('torch_training_step.py', 'PyTorch eager', ['torch', 'transformers']),
      ...(slowPeers
        ? [
            ours('training-step.mjs', 'tfjs wasm', 'wasm'),
            ours('training-step.mjs', 'tfjs cpu', 'cpu'),
          ]
        : []),
    ],
  }));
}

/** @param {string} modelPath a SmolLM2 .gguf */
export function inferenceWorks(modelPath) {
  return INFERENCE.map(({ name, shape }) => ({
    name,
    shape: { ...shape, modelPath },
    contestants: [
      ours('inference.mjs', 'ours fp32'),
      python('torch_inference.py', 'PyTorch fp32', ['torch', 'transformers', 'gguf']),
      python('llama_cpp_inference.py', 'llama.cpp Q4_1', ['llama_cpp']),
    ],
  }));
}

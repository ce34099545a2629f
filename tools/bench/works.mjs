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
  { name: '6 × 384, V8192, B1 T2048', shape: gpt2(6, 384, 6, 8192, 1, 2048), slowPeers: false },
];

export function trainingWorks() {
  return TRAINING.map(({ name, shape, slowPeers }) => ({
    name,
    shape,
    contestants: [
      ours('training-step.mjs', 'ours'),
      python('torch_training_step.py', 'PyTorch eager', ['torch', 'transformers']),
      python('torch_training_step.py', 'torch.compile', ['torch', 'transformers'], {
        isCompiled: true,
      }),
      ours('training-step.mjs', 'ours, bf16 products', 'native', { precision: 'bfloat16' }),
      ours('training-step.mjs', 'ours, bf16 activations', 'native', {
        activationStorage: 'bfloat16',
      }),
      ours('training-step.mjs', 'ours, checkpointed', 'native', { isCheckpointed: true }),
      ...(slowPeers
        ? [
            ours('training-step.mjs', 'tfjs wasm', 'wasm'),
            ours('training-step.mjs', 'tfjs cpu', 'cpu'),
          ]
        : []),
    ],
  }));
}

// Fine-tuning the real SmolLM2-135M in float32: LoRA of rank 16 on all linear layers, or all parameters.
import { ours, python } from './contestants.mjs';

const WORKS = [
  { name: 'LoRA r 16, B4 T256', shape: { batch: 4, time: 256, rank: 16 } },
  {
    name: 'LoRA r 16, checkpointed, B4 T256',
    shape: { batch: 4, time: 256, rank: 16, isCheckpointed: true },
  },
  { name: 'full, B4 T256', shape: { batch: 4, time: 256, rank: 0 } },
  { name: 'LoRA r 16, B1 T512', shape: { batch: 1, time: 512, rank: 16 } },
];

/** @param {string} modelPath a SmolLM2 .gguf */
export function fineTuningWorks(modelPath) {
  return WORKS.map(({ name, shape }) => ({
    name,
    shape: { ...shape, modelPath },
    contestants: [
      ours('fine-tuning-step.mjs', 'ours'),
      python('torch_fine_tuning_step.py', 'PyTorch + PEFT', [
        'torch',
        'transformers',
        'peft',
        'gguf',
      ]),
      ours('fine-tuning-step.mjs', 'ours, bf16 products', 'native', { precision: 'bfloat16' }),
      ours('fine-tuning-step.mjs', 'ours, bf16 products and storage', 'native', {
        precision: 'bfloat16',
        activationStorage: 'bfloat16',
        weights: shape.rank > 0 ? 'bf16' : 'float32', // trained weights are float32
      }),
    ],
  }));
}

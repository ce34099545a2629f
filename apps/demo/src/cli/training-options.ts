// Flags that every training command has.
import type { OptionTable, OptionValues } from './command.ts';

export const TRAINING_OPTIONS = {
  steps: { type: 'integer', description: 'updates of the whole run', default: 1000, minimum: 1 },
  batch: { type: 'integer', description: 'sequences of one update', default: 16, minimum: 1 },
  'learning-rate': { type: 'number', description: 'peak learning rate', default: 1e-3, minimum: 0 },
  warmup: {
    type: 'integer',
    description: 'updates over which the rate rises',
    default: 50,
    minimum: 0,
  },
  'weight-decay': {
    type: 'number',
    description: "AdamW's decay of matrices",
    default: 0.1,
    minimum: 0,
  },
  accumulation: {
    type: 'integer',
    description: 'batches added up for one update',
    default: 1,
    minimum: 1,
  },
  'save-every': {
    type: 'integer',
    description: 'updates between checkpoints',
    default: 200,
    minimum: 1,
  },
  resume: { type: 'boolean', description: 'go on from the newest checkpoint in --out' },
} as const satisfies OptionTable;

export function trainingOptions(
  values: OptionValues<typeof TRAINING_OPTIONS> & { readonly seed: number },
) {
  return {
    steps: values.steps,
    batchSize: values.batch,
    learningRate: values['learning-rate'],
    warmupSteps: Math.min(values.warmup, values.steps),
    weightDecay: values['weight-decay'],
    accumulation: values.accumulation,
    seed: values.seed,
    resume: values.resume,
  };
}

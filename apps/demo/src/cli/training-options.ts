// Flags that every training command has.
import { setActivationStorage, setMatmulPrecision } from '@llm/tensor';
import type { ActivationStorage, Generator, MatmulPrecision, nn } from '@llm/tensor';
import { setGradientCheckpointing } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import { contextLength } from '../models/context-length.ts';
import type { OptionTable, OptionValues } from './command.ts';
import { makeOptimizer, makeSchedule, OPTIMIZER_OPTIONS } from './optimizer-options.ts';

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
    description: 'decay of matrices',
    default: 0.1,
    minimum: 0,
  },
  ...OPTIMIZER_OPTIONS,
  accumulation: {
    type: 'integer',
    description: 'batches added up for one update',
    default: 1,
    minimum: 1,
  },
  'checkpoint-activations': {
    type: 'boolean',
    description: 'compute activations again in the backward pass: less memory, more time',
  },
  'activation-storage': {
    type: 'string',
    description: 'of what layers keep for the backward pass; bfloat16 takes half the memory',
    choices: ['float32', 'bfloat16'],
    default: 'float32',
  },
  precision: {
    type: 'string',
    description: 'of matrix products; everything stored stays float32',
    choices: ['float32', 'bfloat16'],
    default: 'float32',
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
  const { steps, 'learning-rate': learningRate, 'weight-decay': weightDecay } = values;
  const warmupSteps = Math.min(values.warmup, steps);
  const minLearningRate = learningRate / 10;
  return {
    steps,
    batchSize: values.batch,
    optimizer: makeOptimizer(values.optimizer, { learningRate, weightDecay, b2: 0.95 }),
    schedule: makeSchedule(values, { learningRate, warmupSteps, steps, minLearningRate }),
    accumulation: values.accumulation,
    seed: values.seed,
    resume: values.resume,
  };
}

/** Does what --precision, --activation-storage and --checkpoint-activations say. */
export function prepareTraining(
  model: nn.Module,
  values: {
    readonly 'checkpoint-activations': boolean;
    readonly 'activation-storage': string;
    readonly precision: string;
  },
): void {
  setActivationStorage(values['activation-storage'] as ActivationStorage);
  setMatmulPrecision(values.precision as MatmulPrecision);
  if (values['checkpoint-activations']) setGradientCheckpointing(model);
}

/** Flags of the commands that start from a trained model. */
export const FINE_TUNING_OPTIONS = {
  model: {
    type: 'string',
    description: 'Hugging Face folder or .gguf file',
    placeholder: 'PATH',
    required: true,
  },
  data: {
    type: 'string',
    description: '.jsonl files',
    placeholder: 'FILE',
    required: true,
    multiple: true,
  },
  out: {
    type: 'string',
    description: 'run folder; the result is written here',
    placeholder: 'DIR',
    required: true,
  },
  'max-length': {
    type: 'integer',
    description: "longest example in tokens, at most the model's context",
    default: 512,
    minimum: 2,
  },
  ...TRAINING_OPTIONS,
  steps: { ...TRAINING_OPTIONS.steps, default: 200 },
  batch: { ...TRAINING_OPTIONS.batch, default: 8 },
  'learning-rate': { ...TRAINING_OPTIONS['learning-rate'], default: 5e-5 },
  warmup: { ...TRAINING_OPTIONS.warmup, default: 10 },
  'weight-decay': { ...TRAINING_OPTIONS['weight-decay'], default: 0 },
  schedule: { ...TRAINING_OPTIONS.schedule, default: 'linear' },
} as const satisfies OptionTable;

type FineTuningValues = OptionValues<typeof FINE_TUNING_OPTIONS> & { readonly seed: number };

/** --max-length, or the model's context where that is shorter. */
export function exampleLength(values: { readonly 'max-length': number }, model: CausalLm): number {
  return Math.min(values['max-length'], contextLength(model));
}

/** As @llm/align's trainers take them; the caller disposes the optimizer. @param generator what the model's dropout draws from */
export function fineTuningOptions(
  values: FineTuningValues,
  tokenizer: { readonly padTokenId?: number },
  generator: Generator,
) {
  const { steps, 'learning-rate': learningRate, 'weight-decay': weightDecay } = values;
  const warmupSteps = Math.min(values.warmup, steps);
  return {
    steps,
    batchSize: values.batch,
    accumulation: values.accumulation,
    learningRate,
    optimizer: makeOptimizer(values.optimizer, { learningRate, weightDecay, b2: 0.999 }),
    schedule: makeSchedule(values, { learningRate, warmupSteps, steps, minLearningRate: 0 }),
    seed: values.seed,
    generator,
    resume: values.resume,
    padTokenId: tokenizer.padTokenId,
  };
}

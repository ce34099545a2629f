// Flags that the ways to learn from preferences have in common.
import type { OptionTable } from '../command.ts';
import { MODEL_OR_ADAPTER_OPTIONS } from '../fine-tune.ts';

/** A model, data, the loop and an adapter, with the gentler learning rate that preferences need. */
export const PREFERENCE_OPTIONS = {
  ...MODEL_OR_ADAPTER_OPTIONS,
  'learning-rate': { ...MODEL_OR_ADAPTER_OPTIONS['learning-rate'], default: 5e-6 },
} as const satisfies OptionTable;

export const LABEL_SMOOTHING = {
  type: 'number',
  description: 'share of labels that are the wrong way round, below 0.5',
  default: 0,
  minimum: 0,
  maximum: 0.499,
} as const;

/** β, whose usual size differs from method to method. */
export const beta = <Default extends number>(description: string, usual: Default) =>
  ({ type: 'number', description, default: usual, above: 0 }) as const;

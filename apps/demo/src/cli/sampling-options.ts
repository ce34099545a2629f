// Flags that say how the next token is chosen.
import type { OptionTable, OptionValues } from './command.ts';

export const SAMPLING_OPTIONS = {
  greedy: { type: 'boolean', description: 'always take the likeliest token' },
  temperature: {
    type: 'number',
    description: 'of sampling; 0 is greedy',
    default: 0.8,
    minimum: 0,
  },
  'top-k': { type: 'integer', description: 'sample from the k likeliest tokens', minimum: 1 },
  'top-p': {
    type: 'number',
    description: 'sample from the likeliest tokens of this mass',
    above: 0,
    maximum: 1,
  },
} as const satisfies OptionTable;

/** As `generate` of @llm/transformer takes them. */
export function samplingOptions(values: OptionValues<typeof SAMPLING_OPTIONS>) {
  return {
    temperature: values.greedy ? 0 : values.temperature,
    topK: values['top-k'],
    topP: values['top-p'],
  };
}

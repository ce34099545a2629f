// Flags that say how the next token is chosen, and when a text ends.
import type { Tokenizer } from '@llm/tokenizer';
import { UsageError, type OptionTable, type OptionValues } from './command.ts';

const share = { above: 0, maximum: 1 } as const;

export const SAMPLING_OPTIONS = {
  greedy: { type: 'boolean', description: 'always take the likeliest token' },
  temperature: {
    type: 'number',
    description: 'of sampling; 0 is greedy (default: 0.8; with --beams and --penalty-alpha 0)',
    minimum: 0,
  },
  'top-k': { type: 'integer', description: 'sample from the k likeliest tokens', minimum: 1 },
  'top-p': {
    type: 'number',
    description: 'sample from the likeliest tokens of this mass',
    ...share,
  },
  'min-p': {
    type: 'number',
    description: 'drop tokens less probable than this share of the likeliest',
    minimum: 0,
    maximum: 1,
  },
  'typical-p': { type: 'number', description: 'sample from typical tokens of this mass', ...share },
  'repetition-penalty': {
    type: 'number',
    description: 'above 1: tokens of prompt and answer grow less likely',
    above: 0,
  },
  'presence-penalty': { type: 'number', description: "taken from a written token's score" },
  'frequency-penalty': { type: 'number', description: 'taken each time a token was written' },
  'no-repeat-ngram': {
    type: 'integer',
    description: 'no run of so many tokens twice',
    minimum: 1,
  },
  'logit-bias': {
    type: 'string',
    description: 'ID=NUMBER, added to the score of a token',
    placeholder: 'ID=NUMBER',
    multiple: true,
  },
  stop: {
    type: 'string',
    description: 'end before this text',
    placeholder: 'TEXT',
    multiple: true,
  },
} as const satisfies OptionTable;

type Values = OptionValues<typeof SAMPLING_OPTIONS>;

const DEFAULT_TEMPERATURE = 0.8;

/** As `generate` of @llm/transformer takes them.
 *  @param temperature where --temperature is not given */
export function samplingOptions(
  values: Values,
  tokenizer?: Tokenizer,
  temperature = DEFAULT_TEMPERATURE,
) {
  if (values.stop.length > 0 && tokenizer === undefined) {
    throw new UsageError('--stop: expected a model with a tokenizer, got none beside --ids.');
  }
  return {
    temperature: values.greedy ? 0 : (values.temperature ?? temperature),
    topK: values['top-k'],
    topP: values['top-p'],
    minP: values['min-p'],
    typicalP: values['typical-p'],
    repetitionPenalty: values['repetition-penalty'],
    presencePenalty: values['presence-penalty'],
    frequencyPenalty: values['frequency-penalty'],
    noRepeatNgramSize: values['no-repeat-ngram'],
    logitBias: logitBias(values['logit-bias']),
    stopStrings: values.stop,
    tokenizer,
  };
}

function logitBias(pairs: readonly string[]): Record<number, number> | undefined {
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, id, bias] = /^(\d+)=(-?[\d.]+)$/.exec(pair) ?? [];
      if (id !== undefined && Number.isFinite(Number(bias))) return [Number(id), Number(bias)];
      throw new UsageError(
        `--logit-bias: expected ID=NUMBER, such as 50=-100, got ${JSON.stringify(pair)}.`,
      );
    }),
  );
}

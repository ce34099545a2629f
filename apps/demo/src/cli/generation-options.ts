// Flags of `llm generate` that choose whole texts: beams, constraints, guidance, guesses.
import { readFile } from 'node:fs/promises';
import { compileConstraint } from '@llm/transformer';
import type { CacheKind, CausalLm, ConstraintSource } from '@llm/transformer';
import { tokenBytes, type Tokenizer } from '@llm/tokenizer';
import { openModelOnly } from '../models/open-model.ts';
import { UsageError, type OptionTable, type OptionValues } from './command.ts';

export const CONSTRAINT_OPTIONS = {
  'json-schema': {
    type: 'string',
    description: 'write JSON that matches this schema: a file, or the schema itself',
    placeholder: 'FILE|JSON',
  },
  regex: { type: 'string', description: 'write a text that this regular expression matches' },
  grammar: {
    type: 'string',
    description: 'write a text of this grammar (GBNF): a file, or the rules themselves',
    placeholder: 'FILE|RULES',
  },
} as const satisfies OptionTable;

export const GENERATION_OPTIONS = {
  ...CONSTRAINT_OPTIONS,
  n: { type: 'integer', description: 'texts to write', default: 1, minimum: 1, maximum: 1024 },
  beams: {
    type: 'integer',
    description: 'beam search with so many beams; sampled if --temperature is given',
    minimum: 1,
    maximum: 1024,
  },
  'length-penalty': { type: 'number', description: 'of beams: above 0 favours long texts' },
  'penalty-alpha': {
    type: 'number',
    description: 'contrastive search with this weight; --top-k candidates',
    above: 0,
    maximum: 0.999,
  },
  draft: {
    type: 'string',
    description: 'a smaller model of the same vocabulary that guesses ahead: same text, faster',
    placeholder: 'MODEL',
  },
  'prompt-lookup': {
    type: 'boolean',
    description: 'guess ahead what followed the last words before: same text, faster',
  },
  cache: {
    type: 'string',
    description: 'how keys and values are kept (default: sliding where that saves half, else full)',
    choices: ['full', 'sliding', 'int8', 'int4'],
  },
  'guidance-scale': { type: 'number', description: 'above 1: the prompt counts for more' },
  'negative-prompt': { type: 'string', description: 'what guidance leads away from' },
  logprobs: {
    type: 'integer',
    description: 'with --json: log-probabilities of the tokens and of so many of the likeliest',
    minimum: 0,
    maximum: 100,
  },
} as const satisfies OptionTable;

/** A file's text if there is such a file, else the value itself. */
async function fileOrText(value: string): Promise<string> {
  return readFile(value, 'utf8').catch(() => value);
}

async function constraintSource(
  values: OptionValues<typeof CONSTRAINT_OPTIONS>,
): Promise<ConstraintSource | undefined> {
  const { 'json-schema': schema, regex, grammar } = values;
  if ([schema, regex, grammar].filter((value) => value !== undefined).length > 1)
    throw new UsageError('expected one of --json-schema, --regex and --grammar.');
  if (regex !== undefined) return { regex };
  if (grammar !== undefined) return { grammar: await fileOrText(grammar) };
  if (schema === undefined) return undefined;
  const text = await fileOrText(schema);
  try {
    return { jsonSchema: JSON.parse(text) as unknown };
  } catch {
    throw new UsageError(`--json-schema: expected a file or JSON, got ${JSON.stringify(schema)}.`);
  }
}

/** As `generate` of @llm/transformer takes it. */
export async function constraintOptions(
  values: OptionValues<typeof CONSTRAINT_OPTIONS>,
  tokenizer: Tokenizer | undefined,
) {
  const source = await constraintSource(values);
  if (source === undefined) return {};
  if (tokenizer === undefined)
    throw new UsageError('--json-schema, --regex, --grammar: expected a model with a tokenizer.');
  return { constraint: compileConstraint(source, tokenBytes(tokenizer)) };
}

/** As `generate` of @llm/transformer takes them. The caller disposes `draft`'s model. */
export async function generationOptions(
  values: OptionValues<typeof GENERATION_OPTIONS>,
  tokenizer: Tokenizer | undefined,
) {
  const negative = values['negative-prompt'];
  if (negative !== undefined && tokenizer === undefined)
    throw new UsageError('--negative-prompt: expected a model with a tokenizer.');
  const constraint = await constraintOptions(values, tokenizer);
  const draft: CausalLm | undefined =
    values.draft === undefined ? undefined : await openModelOnly(values.draft);
  return {
    ...constraint,
    cache: values.cache as CacheKind | undefined,
    numReturnSequences: values.n,
    numBeams: values.beams,
    lengthPenalty: values['length-penalty'],
    penaltyAlpha: values['penalty-alpha'],
    draft: draft && { model: draft },
    promptLookup: values['prompt-lookup'] ? {} : undefined,
    guidanceScale: values['guidance-scale'],
    negativePrompt: negative === undefined ? undefined : tokenizer?.encode(negative),
    logprobs: values.logprobs !== undefined,
    topLogprobs: values.logprobs,
  };
}

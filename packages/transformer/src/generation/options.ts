// The options of generation and what makes them valid.
import { stopTokensOf } from '../config/config.ts';
import type { TokenConstraint } from '../constraint/token-constraint.ts';
import { GenerationError } from '../errors.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { wrongBeamOption, type BeamOptions } from './beams/beam-options.ts';
import type { ProcessorOptions, SamplingOptions } from './processors/processor-options.ts';
import type { ContrastiveOptions } from './contrastive.ts';
import type { GuidanceOptions } from './guided-stepper.ts';
import { checkPrompts } from './left-pad.ts';
import type { SpeculativeOptions } from './speculative/speculate.ts';
import type { CacheOptions, LanguageModel } from './stepper.ts';
import type { TextDecoding } from './stop-text.ts';

export interface GenerateOptions
  extends
    SamplingOptions,
    ProcessorOptions,
    BeamOptions,
    ContrastiveOptions,
    SpeculativeOptions,
    GuidanceOptions,
    CacheOptions,
    TextDecoding {
  /** Most tokens to add to each prompt. */
  readonly maxNewTokens: number;
  /** Texts for each prompt; they follow each other in the result. @default 1 */
  readonly numReturnSequences?: number;
  /** Same seed, same model, same prompts: same text. Each row draws from a stream of its own. A list holds
   *  a seed for each prompt, which then gives the same text whatever else is in the batch. @default 0 */
  readonly seed?: number | readonly number[];
  /** What each text must match, from compileConstraint: only tokens that keep it possible are written, and
   *  the text is whole within maxNewTokens. */
  readonly constraint?: TokenConstraint;
  /** Tokens that end a sequence; the token itself is kept. @default the configuration's eosTokenId */
  readonly stopTokens?: readonly number[];
  /** Also return the log-probability of each new token. @default false */
  readonly logprobs?: boolean;
  /** Also return so many of the likeliest tokens at each step, with their log-probabilities. @default 0 */
  readonly topLogprobs?: number;
  /** Called for each new token; with beams once a text is final. */
  readonly onToken?: (token: number, row: number) => void;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export type CheckedOptions = GenerateOptions & { readonly stopTokens: readonly number[] };

/** Fills in the model's stop tokens. Throws GenerationError. */
export function checkOptions(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): CheckedOptions {
  const { maxNewTokens, seed } = options;
  checkPrompts(prompts, 'shape' in model ? model.shape.vocabSize : model.config.vocabSize);
  checkNumbers(options);
  if (options.temperature === Infinity) fail('temperature', 'a number ≥ 0', Infinity);
  const wrong = wrongBeamOption(options);
  if (wrong !== null) fail(...wrong);
  checkMode(model, options);
  const room = roomFor(model, prompts);
  if (maxNewTokens > room)
    fail('maxNewTokens', `at most ${room}, the positions left`, maxNewTokens);
  if (typeof seed === 'object' && seed.length !== prompts.length)
    fail('seed', `one for each of ${prompts.length} prompts`, seed.length);
  if ((options.stopStrings?.length ?? 0) > 0 && options.tokenizer === undefined)
    fail('tokenizer', 'the tokenizer whose text stopStrings are looked for in', undefined);
  return { ...options, stopTokens: options.stopTokens ?? modelStopTokens(model) };
}

/** Ways of choosing tokens that exclude each other or need a decoder-only model. */
function checkMode(model: LanguageModel, options: GenerateOptions): void {
  const { numBeams = 1, penaltyAlpha, draft, promptLookup, guidanceScale = 1 } = options;
  const modes = [
    ...(numBeams > 1 ? ['numBeams'] : []),
    ...(penaltyAlpha === undefined ? [] : ['penaltyAlpha']),
    ...(draft === undefined ? [] : ['draft']),
    ...(promptLookup === undefined ? [] : ['promptLookup']),
  ];
  if (modes.length > 1) fail(modes[1]!, `absent beside ${modes[0]}`, 'both');
  const isAlone = modes[0] !== undefined && modes[0] !== 'numBeams';
  if (isAlone && guidanceScale !== 1) fail('guidanceScale', `1 beside ${modes[0]}`, guidanceScale);
  if (isAlone && !(model instanceof CausalLm))
    fail(modes[0]!, 'a decoder-only model', model.config.modelType);
  if (options.promptCache && (modes.length > 0 || (options.cache ?? 'full') !== 'full'))
    fail('promptCache', `absent beside ${modes[0] ?? 'cache'}`, 'both');
  if (guidanceScale !== 1 && !(model instanceof CausalLm))
    fail('guidanceScale', '1 with an encoder–decoder', guidanceScale);
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isPositive = (value: number): boolean => isCount(value) && value > 0;
const isShare = (value: number): boolean => value > 0 && value <= 1;
const isCutoff = (value: number): boolean => value >= 0 && value < 1;

/** Of each option that is a number: which it may be, in words and as a test. */
const NUMBERS: readonly [
  name: keyof GenerateOptions,
  expected: string,
  isRight: (value: number) => boolean,
][] = [
  ['maxNewTokens', 'a positive integer', isPositive],
  ['numReturnSequences', 'a positive integer', isPositive],
  ['minNewTokens', 'an integer ≥ 0', isCount],
  ['minLength', 'an integer ≥ 0', isCount],
  ['topLogprobs', 'an integer ≥ 0', isCount],
  ['noRepeatNgramSize', 'an integer ≥ 0', isCount],
  ['encoderNoRepeatNgramSize', 'an integer ≥ 0', isCount],
  ['temperature', 'a number ≥ 0', (value) => value >= 0],
  ['topK', 'a positive integer', isPositive],
  ['topP', 'a number in (0, 1]', isShare],
  ['topH', 'a number in (0, 1]', isShare],
  ['typicalP', 'a number in (0, 1]', isShare],
  ['minP', 'a number in [0, 1]', (value) => value >= 0 && value <= 1],
  ['epsilonCutoff', 'a number in [0, 1)', isCutoff],
  ['etaCutoff', 'a number in [0, 1)', isCutoff],
  ['repetitionPenalty', 'a number above 0', (value) => value > 0],
  ['encoderRepetitionPenalty', 'a number above 0', (value) => value > 0],
  ['penaltyAlpha', 'a number between 0 and 1', (value) => value > 0 && value < 1],
  ['guidanceScale', 'a finite number', Number.isFinite],
  ['presencePenalty', 'a finite number', Number.isFinite],
  ['frequencyPenalty', 'a finite number', Number.isFinite],
];

function checkNumbers(options: GenerateOptions): void {
  for (const [name, expected, isRight] of NUMBERS) {
    const value = options[name];
    if (name !== 'maxNewTokens' && value === undefined) continue;
    if (typeof value !== 'number' || !isRight(value)) fail(name, expected, value);
  }
}

/** Tokens that the model's positions leave; the last one is not read again. */
function roomFor(model: LanguageModel, prompts: readonly (readonly number[])[]): number {
  if (!(model instanceof CausalLm)) return model.config.maxPositionEmbeddings;
  const longest = Math.max(...prompts.map(({ length }) => length));
  return model.shape.positionLimit - (model.softPrompt?.length ?? 0) - longest + 1;
}

function modelStopTokens(model: LanguageModel): readonly number[] {
  return model instanceof CausalLm ? stopTokensOf(model.config) : [model.config.eosTokenId];
}

export function fail(name: string, expected: string, got: unknown): never {
  throw new GenerationError(
    `generate: ${name}: expected ${expected}, got ${String(got)}. Change it.`,
  );
}

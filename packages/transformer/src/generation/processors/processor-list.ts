// Builds the processors that the options ask for, in Transformers' order.
import { GenerationError } from '../../errors.ts';
import { applyTemperature, keepTopK, keepTopP } from '../filters.ts';
import { onlyAllowed, removeInvalidValues, renormalise } from './allowed.ts';
import * as length from './length.ts';
import { noRepeatNgrams, noRepeatSourceNgrams } from './no-repeat-ngrams.ts';
import { countPenalty, repetitionPenalty, sourceRepetitionPenalty } from './penalties.ts';
import type { ProcessorOptions, SamplingOptions } from './processor-options.ts';
import type { LogitsProcessor, RowContext } from './processor.ts';
import { badWords, sequenceBias } from './sequence-bias.ts';
import { keepEpsilon, keepEta, keepMinP, keepTopH, keepTypical } from './warpers.ts';

export interface ProcessorLimits {
  readonly stopTokens: readonly number[];
  readonly maxNewTokens: number;
  /** Tokens that the decoder begins with when all rows agree; decides what "first" means with a forced one. */
  readonly promptLength: number;
}

/** Runs processors over one row, in place. */
export function processRow(
  processors: readonly LogitsProcessor[],
  scores: Float32Array,
  row: RowContext,
): void {
  for (const process of processors) process(scores, row);
}

/** What holds for greedy choice, sampling and beams alike. */
export function scoreProcessors(
  options: ProcessorOptions,
  limits: ProcessorLimits,
): LogitsProcessor[] {
  return [
    ...biases(options),
    ...repetitions(options, limits),
    ...endings(options, limits),
    ...(options.logitsProcessors ?? []),
  ];
}

function biases({ logitBias, sequenceBias: sequences = [] }: ProcessorOptions): LogitsProcessor[] {
  const tokens = Object.entries(logitBias ?? {}).map(([id, bias]) => ({
    tokens: [Number(id)],
    bias,
  }));
  const all = [...tokens, ...sequences];
  return all.length === 0 ? [] : [sequenceBias(all)];
}

function repetitions(options: ProcessorOptions, { stopTokens }: ProcessorLimits) {
  const list: LogitsProcessor[] = [];
  const { encoderRepetitionPenalty: source = 1, repetitionPenalty: penalty = 1 } = options;
  const { presencePenalty: presence = 0, frequencyPenalty: frequency = 0 } = options;
  const { noRepeatNgramSize = 0, encoderNoRepeatNgramSize = 0 } = options;
  if (source !== 1) list.push(sourceRepetitionPenalty(source));
  if (penalty !== 1) list.push(repetitionPenalty(penalty));
  if (presence !== 0 || frequency !== 0) list.push(countPenalty(presence, frequency));
  if (noRepeatNgramSize > 0) list.push(noRepeatNgrams(noRepeatNgramSize));
  if (encoderNoRepeatNgramSize > 0) list.push(noRepeatSourceNgrams(encoderNoRepeatNgramSize));
  if (options.badWords) list.push(badWords(options.badWords, stopTokens));
  return list;
}

function endings(options: ProcessorOptions, limits: ProcessorLimits): LogitsProcessor[] {
  const list: LogitsProcessor[] = [];
  const { stopTokens, maxNewTokens, promptLength } = limits;
  const { minLength = 0, minNewTokens = 0, allowedTokens } = options;
  const { forcedBosTokenId: first, forcedEosTokenId: last } = options;
  const { exponentialDecayLengthPenalty: decay, beginSuppressTokens } = options;
  if (minLength > 0) list.push(length.minLength(minLength, stopTokens));
  if (minNewTokens > 0) list.push(length.minNewTokens(minNewTokens, stopTokens));
  if (allowedTokens) list.push(onlyAllowed(allowedTokens, noneAllowed));
  if (first !== undefined) list.push(length.forcedFirstToken(first));
  if (last !== undefined) list.push(length.forcedLastToken([last].flat(), maxNewTokens));
  if (options.removeInvalidValues === true) list.push(removeInvalidValues);
  if (decay) list.push(length.exponentialDecay(decay, stopTokens));
  if (options.suppressTokens) list.push(length.suppressTokens(options.suppressTokens));
  if (beginSuppressTokens) {
    const skipped = promptLength === 1 && first !== undefined ? 1 : 0;
    list.push(length.suppressFirstTokens(beginSuppressTokens, skipped));
  }
  return list;
}

function noneAllowed(): never {
  throw new GenerationError(
    'generate: allowedTokens: expected at least one token, got none. Return a stop token to end.',
  );
}

/** What sampling adds; no filter at temperature 0. `minKept` tokens stay whatever the filters say. */
export function samplingProcessors(options: SamplingOptions, minKept = 1): LogitsProcessor[] {
  const { temperature = 0, renormalizeLogits = false } = options;
  const last = renormalizeLogits ? [renormalise] : [];
  if (temperature === 0) return last;
  const scale: LogitsProcessor[] =
    temperature === 1 ? [] : [(scores) => applyTemperature(scores, temperature)];
  return [...scale, ...filters(options, minKept), ...last];
}

function filters(options: SamplingOptions, minKept: number): LogitsProcessor[] {
  const list: LogitsProcessor[] = [];
  const { topH, topK, topP = 1, minP = 0, typicalP = 1 } = options;
  const { epsilonCutoff = 0, etaCutoff = 0 } = options;
  if (topH !== undefined) list.push((scores) => keepTopH(scores, topH));
  if (topK !== undefined) list.push((scores) => keepTopK(scores, topK, minKept));
  if (topP < 1) list.push((scores) => keepTopP(scores, topP, minKept));
  if (minP > 0) list.push((scores) => keepMinP(scores, minP, minKept));
  if (typicalP < 1) list.push((scores) => keepTypical(scores, typicalP, minKept));
  if (epsilonCutoff > 0) list.push((scores) => keepEpsilon(scores, epsilonCutoff, minKept));
  if (etaCutoff > 0) list.push((scores) => keepEta(scores, etaCutoff, minKept));
  return list;
}

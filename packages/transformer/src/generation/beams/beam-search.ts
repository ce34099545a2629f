// The loop of beam search over a batch of prompts: score every running beam, let each group go on, keep
// the rows that are still needed.
import { Generator } from '@llm/tensor';
import { constraintProcessor, isFinished } from '../../constraint/constraint-processor.ts';
import { logSumExp } from '../filters.ts';
import type { CheckedOptions } from '../options.ts';
import { processRow, samplingProcessors, scoreProcessors } from '../processors/processor-list.ts';
import type { LogitsProcessor } from '../processors/processor.ts';
import type { Stepper } from '../stepper.ts';
import { StopText } from '../stop-text.ts';
import {
  BeamGroup,
  type Beam,
  type BeamScores,
  type EndedBeam,
  type GroupRules,
} from './beam-group.ts';
import { forcedWordsProcessor } from './forced-words-processor.ts';

/** A text of beam search, best first of its prompt. */
export interface BeamText extends EndedBeam {
  readonly text: string | null;
}

/** One prompt's groups. */
interface Search {
  readonly prompt: number;
  readonly groups: readonly BeamGroup[];
}

/** numReturnSequences texts for each prompt. Frees the stepper. */
export async function beamSearch(
  stepper: Stepper,
  prompts: readonly (readonly number[])[],
  options: CheckedOptions,
): Promise<BeamText[]> {
  const { signal, numReturnSequences = 1, maxNewTokens } = options;
  const searches = prompts.map((_, prompt) => newSearch(prompt, options));
  try {
    const scorer = new BeamScorer(stepper, prompts, options);
    let open = searches;
    for (let step = 0; step < maxNewTokens && open.length > 0; step++) {
      const beams = open.flatMap(runningOf);
      const logits = step === 0 ? await stepper.start() : await readBeams(stepper, beams);
      signal?.throwIfAborted();
      let row = 0; // after the reading, beams stand in this order
      for (const search of open)
        row = scorer.advance(search, logits, step === 0 ? search.prompt : row);
      open = open.filter(({ groups }) => groups.some((group) => !group.isDone));
    }
  } finally {
    stepper.dispose();
  }
  const texts = searches.map(({ groups }) => bestOf(groups).slice(0, numReturnSequences));
  return texts
    .flat()
    .map((beam) => ({ ...beam, text: textOf(beam.tokens, options)?.text ?? null }));
}

const runningOf = ({ groups }: Search): Beam[] =>
  groups.flatMap((group) => (group.isDone ? [] : [...group.running]));

const bestOf = (groups: readonly BeamGroup[]): EndedBeam[] =>
  groups.flatMap(({ ended }) => [...ended]).sort((a, b) => b.score - a.score);

/** Row i becomes beam i's, which reads its last token. */
function readBeams(stepper: Stepper, beams: readonly Beam[]): Promise<Float32Array> {
  stepper.select(beams.map(({ row }) => row));
  return stepper.read(Int32Array.from(beams, ({ tokens }) => tokens.at(-1)!));
}

function newSearch(prompt: number, options: CheckedOptions): Search {
  const { numBeams = 1, numBeamGroups = 1, seed = 0, temperature = 0 } = options;
  const own = typeof seed === 'number' ? seed + prompt : seed[prompt]!;
  const rules: GroupRules = {
    numBeams: numBeams / numBeamGroups,
    diversityPenalty: options.diversityPenalty ?? 0,
    lengthPenalty: options.lengthPenalty ?? 1,
    earlyStopping: options.earlyStopping ?? false,
    forceWords: options.forceWords ?? [],
    maxNewTokens: options.maxNewTokens,
    stopTokens: options.stopTokens,
    isStop: (tokens) => isStop(tokens, options),
    generator: temperature > 0 ? new Generator(own) : null,
  };
  const groups = Array.from({ length: numBeamGroups }, () => new BeamGroup(rules, prompt));
  return { prompt, groups };
}

function isStop(tokens: readonly number[], options: CheckedOptions): boolean {
  if (options.stopTokens.includes(tokens.at(-1)!)) return true;
  if (isFinished(options.constraint, { tokens, promptLength: 0, sourceTokens: [] })) return true;
  if ((options.stopStrings?.length ?? 0) === 0) return false;
  return textOf(tokens, options)?.isStopped ?? false;
}

/** The text of new tokens; null without a tokenizer. */
function textOf(tokens: readonly number[], options: CheckedOptions): StopText | null {
  const { tokenizer, stopStrings, stopTokens } = options;
  if (tokenizer === undefined) return null;
  const text = new StopText(tokenizer.decodeStream({ skipSpecialTokens: true }), stopStrings);
  for (const token of tokens) if (!stopTokens.includes(token)) text.push(token);
  text.flush();
  return text;
}

class BeamScorer {
  readonly #vocabSize: number;
  readonly #prompts: readonly (readonly number[])[];
  readonly #beginnings: readonly (readonly number[])[];
  readonly #processors: readonly LogitsProcessor[];
  readonly #diversityPenalty: number;

  constructor(stepper: Stepper, prompts: readonly (readonly number[])[], options: CheckedOptions) {
    this.#vocabSize = stepper.vocabSize;
    this.#prompts = prompts;
    this.#beginnings = stepper.beginnings;
    this.#diversityPenalty = options.diversityPenalty ?? 0;
    const promptLength = Math.max(...stepper.beginnings.map(({ length }) => length));
    this.#processors = [
      ...scoreProcessors(options, { ...options, promptLength }),
      ...forcedWordsProcessor(options),
      ...constraintProcessor(options),
      ...samplingProcessors(options, options.stopTokens.length + 1),
    ];
  }

  /** Lets each group of a prompt go on from its logits, which begin at `row`. Returns the row after them. */
  advance({ prompt, groups }: Search, logits: Float32Array, row: number): number {
    const chosen = new Map<number, number>(); // tokens of the groups before
    let next = row;
    for (const group of groups) {
      if (group.isDone) continue;
      const first = next;
      const isBegun = group.running[0]!.tokens.length > 0;
      if (isBegun) next += group.running.length; // before, all groups read the prompt's row
      const scores = group.running.map((beam, i) =>
        this.#score(logits, first + i, { prompt, beam, chosen }),
      );
      for (const token of group.advance(scores, first))
        chosen.set(token, (chosen.get(token) ?? 0) + 1);
    }
    return next;
  }

  #score(
    logits: Float32Array,
    row: number,
    of: {
      readonly prompt: number;
      readonly beam: Beam;
      readonly chosen: ReadonlyMap<number, number>;
    },
  ): BeamScores {
    const V = this.#vocabSize;
    const own = logits.subarray(row * V, (row + 1) * V);
    const shift = logSumExp(own);
    const processed = own.map((logit) => logit - shift);
    const begun = this.#beginnings[of.prompt]!;
    processRow(this.#processors, processed, {
      tokens: [...begun, ...of.beam.tokens],
      promptLength: begun.length,
      sourceTokens: this.#prompts[of.prompt]!,
    });
    for (const [token, count] of of.chosen) processed[token]! -= this.#diversityPenalty * count;
    return { processed, logprobOf: (token) => own[token]! - shift };
  }
}

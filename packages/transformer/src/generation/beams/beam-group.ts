// Beam search for one prompt, as Transformers 5 does it: of all continuations of the running beams the
// best are looked at; those that end compete with what ended before, the others run on.
import type { Generator } from '@llm/tensor';
import { likeliest } from '../processors/warpers.ts';
import type { BeamOptions } from './beam-options.ts';
import { forcedProgress } from './forced-words.ts';

/** A text that goes on. */
export interface Beam {
  readonly tokens: readonly number[]; // the new ones
  /** Σ log p. */
  readonly score: number;
  /** Log p of each token under the model alone. */
  readonly logprobs: readonly number[];
  /** The stepper's row that has read all but the last token. */
  readonly row: number;
}

/** A text that has ended; its score is Σ log p / length ** lengthPenalty. */
export interface EndedBeam extends Omit<Beam, 'row'> {
  readonly isStop: boolean;
}

/** Log-probabilities of a beam's next token: processed [V], and the model's own. */
export interface BeamScores {
  readonly processed: Float32Array;
  readonly logprobOf: (token: number) => number;
}

export interface GroupRules extends Required<Omit<BeamOptions, 'numBeamGroups'>> {
  readonly maxNewTokens: number;
  readonly stopTokens: readonly number[];
  /** Whether a text ends, its last token included. */
  readonly isStop: (tokens: readonly number[]) => boolean;
  /** Draws beams by their probability instead of taking the best. */
  readonly generator: Generator | null;
}

interface Candidate extends Beam {
  readonly isStop: boolean;
  readonly isEnd: boolean;
}

export class BeamGroup {
  readonly #rules: GroupRules;
  #running: Beam[];
  #ended: EndedBeam[] = [];
  #canImprove = true;

  /** @param row the stepper's row that has read the prompt */
  constructor(rules: GroupRules, row: number) {
    this.#rules = rules;
    this.#running = [{ tokens: [], score: 0, logprobs: [], row }];
  }

  /** Best first; one at the beginning, then up to numBeams. */
  get running(): readonly Beam[] {
    return this.#running;
  }

  /** Best first, at most numBeams. */
  get ended(): readonly EndedBeam[] {
    return this.#ended;
  }

  get isDone(): boolean {
    const { numBeams, earlyStopping } = this.#rules;
    const isFull = this.#ended.length === numBeams;
    return this.#running.length === 0 || !this.#canImprove || (isFull && earlyStopping === true);
  }

  /** Goes one token further. @param scores of each running beam
   *  @param firstRow the stepper's row of the first of them; the others follow
   *  @returns the tokens chosen */
  advance(scores: readonly BeamScores[], firstRow: number): number[] {
    const candidates = this.#candidates(scores, firstRow);
    const ended = candidates.slice(0, this.#rules.numBeams).filter(({ isEnd }) => isEnd);
    this.#end(ended);
    const chosen = this.#select(candidates.filter(({ isStop }) => !isStop));
    const isLast = this.#running[0]!.tokens.length + 1 === this.#rules.maxNewTokens;
    this.#running = isLast ? [] : chosen;
    this.#canImprove &&= this.#mayImprove();
    return chosen.map(({ tokens }) => tokens.at(-1)!);
  }

  /** max(2, 1 + stop tokens) · numBeams of them, so that enough do not end; best first, or as drawn. */
  #candidates(scores: readonly BeamScores[], firstRow: number): Candidate[] {
    const { numBeams, stopTokens, generator, forceWords } = this.#rules;
    const V = scores[0]!.processed.length;
    const totals = new Float32Array(scores.length * V);
    for (const [i, { processed }] of scores.entries())
      for (let v = 0; v < V; v++) totals[i * V + v] = processed[v]! + this.#running[i]!.score;
    const count = Math.max(2, 1 + stopTokens.length) * numBeams;
    const chosen =
      generator === null ? likeliest(totals, count) : drawWithout(totals, count, generator);
    if (forceWords.length > 0) this.#addForced(chosen, V);
    return chosen
      .filter((at) => totals[at]! > -Infinity)
      .map((at) => {
        const from = Math.floor(at / V);
        const logprob = scores[from]!.logprobOf(at % V);
        return this.#candidate({ from, token: at % V, logprob }, totals[at]!, firstRow);
      });
  }

  #candidate(
    { from, token, logprob }: { from: number; token: number; logprob: number },
    score: number,
    firstRow: number,
  ): Candidate {
    const beam = this.#running[from]!;
    const tokens = [...beam.tokens, token];
    const isStop = this.#rules.isStop(tokens);
    const isEnd = isStop || tokens.length === this.#rules.maxNewTokens;
    const logprobs = [...beam.logprobs, logprob];
    return { tokens, score, logprobs, row: firstRow + from, isStop, isEnd };
  }

  /** Tokens that bring a beam further with its forced words are looked at however unlikely. */
  #addForced(chosen: number[], V: number): void {
    const known = new Set(chosen);
    for (const [i, { tokens }] of this.#running.entries()) {
      for (const token of forcedProgress(this.#rules.forceWords, tokens).next) {
        if (!known.has(i * V + token)) chosen.push(i * V + token);
        known.add(i * V + token);
      }
    }
  }

  #end(candidates: readonly Candidate[]): void {
    const { lengthPenalty, numBeams, forceWords } = this.#rules;
    if (this.isDone) return;
    const complete = candidates.filter(
      ({ tokens }) => forcedProgress(forceWords, tokens).missing === 0,
    );
    const ended = complete.map(({ tokens, score, logprobs, isStop }) => ({
      tokens,
      score: Math.fround(score / tokens.length ** lengthPenalty),
      logprobs,
      isStop,
    }));
    // A stable sort: of equals the earlier text stays first.
    this.#ended = [...this.#ended, ...ended].sort((a, b) => b.score - a.score).slice(0, numBeams);
  }

  /** The best, or with forced words the best of each stage in turn, the farthest stage first. */
  #select(candidates: readonly Candidate[]): Beam[] {
    const { numBeams, forceWords } = this.#rules;
    const best = candidates.toSorted((a, b) => b.score - a.score);
    if (forceWords.length === 0) return best.slice(0, numBeams);
    const stages = new Map<number, Candidate[]>();
    for (const candidate of best) {
      const { done } = forcedProgress(forceWords, candidate.tokens);
      stages.set(done, [...(stages.get(done) ?? []), candidate]);
    }
    const banks = [...stages].sort(([a], [b]) => b - a).map(([, bank]) => bank);
    const chosen: Candidate[] = [];
    for (let rank = 0; chosen.length < Math.min(numBeams, best.length); rank++)
      for (const bank of banks) if (rank < bank.length) chosen.push(bank[rank]!);
    return chosen.slice(0, numBeams).sort((a, b) => b.score - a.score);
  }

  /** Whether the best running beam might still beat the worst that ended. */
  #mayImprove(): boolean {
    const { numBeams, earlyStopping, lengthPenalty, maxNewTokens } = this.#rules;
    const best = this.#running[0];
    if (best === undefined) return false;
    if (this.#ended.length < numBeams) return true;
    const isPatient = earlyStopping === 'never' && lengthPenalty > 0;
    const length = isPatient ? maxNewTokens : best.tokens.length;
    return best.score / length ** lengthPenalty > this.#ended.at(-1)!.score;
  }
}

/** Indices drawn one after the other without replacement from softmax(scores): the order of scores with
 *  Gumbel noise (Kool et al. 2019). */
function drawWithout(scores: Float32Array, count: number, generator: Generator): number[] {
  const noisy = scores.map((score) =>
    score === -Infinity ? score : score - Math.log(-Math.log(1 - generator.uniformNumber())),
  );
  return likeliest(noisy, count);
}

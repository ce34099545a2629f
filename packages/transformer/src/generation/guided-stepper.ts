// Classifier-free guidance (Ho & Salimans 2022; for text Sanchez et al. 2023): the same tokens are read
// after the prompt and after another one, and what the prompt makes likelier is made more so.
import { logSumExp } from './filters.ts';
import type { Stepper } from './stepper.ts';

export interface GuidanceOptions {
  /** Scores become u + guidanceScale · (c − u), c and u log-probabilities with and without the prompt.
   *  Above 1 the prompt counts for more. @default 1 */
  readonly guidanceScale?: number;
  /** What is read in the prompt's place: token ids for all prompts, or a list for each. @default the
   *  last token of each prompt */
  readonly negativePrompt?: readonly number[] | readonly (readonly number[])[];
}

/** The prompts that guidance leads away from, one for each prompt. */
export function negativePrompts(
  prompts: readonly (readonly number[])[],
  given: GuidanceOptions['negativePrompt'],
): (readonly number[])[] {
  if (given === undefined) return prompts.map((prompt) => prompt.slice(-1));
  const lists = given.filter((item) => typeof item !== 'number');
  const shared = given.filter((item) => typeof item === 'number');
  return prompts.map((_, i) => (lists.length > 0 ? lists[i % lists.length]! : shared));
}

export class GuidedStepper implements Stepper {
  readonly vocabSize: number;
  readonly beginnings: readonly (readonly number[])[];
  readonly #guided: Stepper;
  readonly #free: Stepper;
  readonly #scale: number;

  /** Both are disposed with this one. */
  constructor(guided: Stepper, free: Stepper, scale: number) {
    this.#guided = guided;
    this.#free = free;
    this.#scale = scale;
    this.vocabSize = guided.vocabSize;
    this.beginnings = guided.beginnings;
  }

  async start(): Promise<Float32Array> {
    return this.#combine(await this.#guided.start(), await this.#free.start());
  }

  async read(tokens: Int32Array): Promise<Float32Array> {
    return this.#combine(await this.#guided.read(tokens), await this.#free.read(tokens));
  }

  select(rows: readonly number[]): void {
    this.#guided.select(rows);
    this.#free.select(rows);
  }

  dispose(): void {
    this.#guided.dispose();
    this.#free.dispose();
  }

  /** Both [B · V]. */
  #combine(guided: Float32Array, free: Float32Array): Float32Array {
    const V = this.vocabSize;
    const result = new Float32Array(guided.length);
    for (let start = 0; start < result.length; start += V) {
      const [c, u] = [guided.subarray(start, start + V), free.subarray(start, start + V)];
      const [cSum, uSum] = [logSumExp(c), logSumExp(u)];
      for (let i = 0; i < V; i++) {
        const without = u[i]! - uSum;
        result[start + i] = without + this.#scale * (c[i]! - cSum - without);
      }
    }
    return result;
  }
}

// Evaluation during training: a held-out number now and then, the best model kept, and an end when it gets no better.

import { tf, type Tensor, type Variable } from '@llm/tensor';
import type { JsonValue, Resumable } from '../batches/batch-source.ts';
import { CheckpointError, ConfigError, TrainingError } from '../errors.ts';

export interface EvaluationOptions {
  /** Gives the number that is to fall, such as a held-out loss. The model is in evaluation mode meanwhile. */
  readonly evaluate: () => number | Promise<number>;
  /** Updates between evaluations; the last update always has one. */
  readonly every: number;
  /** Under this name the number is logged. @default 'eval_loss' */
  readonly name?: string;
  /** Whether larger is better, as of an accuracy. @default false */
  readonly greaterIsBetter?: boolean;
  /** Keep the best model in `best/` of the run folder. @default true */
  readonly keepBest?: boolean;
  /** Evaluations without a better number after which the run ends. @default Infinity */
  readonly patience?: number;
  /** By how much a number must be better to count. @default 0 */
  readonly minDelta?: number;
}

/** The best evaluation so far. */
export interface BestEvaluation {
  readonly step: number;
  readonly value: number;
}

/** What evaluations came to, as a checkpoint keeps it. */
export class EvaluationRecord implements Resumable {
  readonly #options: EvaluationOptions;
  #best: BestEvaluation | undefined;
  /** Evaluations since the best one. */
  #since = 0;

  constructor(options: EvaluationOptions) {
    this.#options = options;
    const { every, patience = Infinity, minDelta = 0 } = options;
    const fine = {
      every: Number.isSafeInteger(every) && every > 0,
      patience: patience >= 1,
      minDelta: minDelta >= 0 && Number.isFinite(minDelta),
    };
    for (const [name, isFine] of Object.entries(fine)) {
      if (isFine) continue;
      const expected = name === 'minDelta' ? 'a number ≥ 0' : 'a positive integer';
      const got = String({ every, patience, minDelta }[name as keyof typeof fine]);
      throw new ConfigError(`train: evaluation.${name}: expected ${expected}, got ${got}.`);
    }
  }

  get best(): BestEvaluation | undefined {
    return this.#best;
  }

  /** Whether the run should end. */
  get isExhausted(): boolean {
    return this.#since >= (this.#options.patience ?? Infinity);
  }

  isDue(step: number, steps: number): boolean {
    return step === steps || step % this.#options.every === 0;
  }

  /** Takes an evaluation in. Returns whether it is the best one. */
  observe(step: number, value: number): boolean {
    const { name = 'eval_loss', greaterIsBetter = false, minDelta = 0 } = this.#options;
    if (Number.isNaN(value)) {
      throw new TrainingError(
        `train: evaluation.evaluate: expected a number, got NaN for ${name} at step ${step}.`,
      );
    }
    const gain =
      this.#best && (greaterIsBetter ? value - this.#best.value : this.#best.value - value);
    const isBest = gain === undefined || gain > minDelta;
    this.#since = isBest ? 0 : this.#since + 1;
    if (isBest) this.#best = { step, value };
    return isBest;
  }

  getState(): JsonValue {
    return { best: this.#best ? { ...this.#best } : null, since: this.#since };
  }

  setState(state: JsonValue): void {
    const { best, since } = (state ?? {}) as { best?: BestEvaluation | null; since?: unknown };
    if (best === undefined || typeof since !== 'number') {
      throw new CheckpointError(
        `train: evaluation: state: expected {best, since}, got ${JSON.stringify(state)}.`,
      );
    }
    this.#best = best ?? undefined;
    this.#since = since;
  }
}

/** Runs `work` with other values in the variables, which get their own back, bit for bit. Takes `values` over. */
export async function withValues<T>(
  variables: readonly Variable[],
  values: readonly Tensor[] | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (!values) return work();
  const own = variables.map((variable) => tf.clone(variable)); // shares the memory; nothing is written meanwhile
  try {
    variables.forEach((variable, i) => variable.assign(values[i]!));
    tf.dispose([...values]);
    return await work();
  } finally {
    variables.forEach((variable, i) => variable.assign(own[i]!));
    tf.dispose(own);
  }
}

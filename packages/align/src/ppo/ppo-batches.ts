// On-policy data as a batch source: `next` gives the minibatches of the current rollout, epoch after epoch in new
// orders, and samples the next rollout when they are used up. So @llm/optim's loop trains PPO as it trains anything
// else, with its clipping, checkpoints and resuming.
import { shuffledBatches } from '@llm/optim';
import type { BatchSource, JsonValue, ShuffledBatches } from '@llm/optim';
import { Generator } from '@llm/tensor';
import { ConfigError, DataError } from '../errors.ts';
import { collectRollout, selectAnswers } from './rollout.ts';
import type { PpoModels, Rollout, RolloutOptions } from './rollout.ts';
import type { Answers } from './policy-outputs.ts';
import { KlController } from './kl-controller.ts';
import type { AdaptiveKl } from './kl-controller.ts';
import { addToMoments, checkScoreShaping, NO_MOMENTS, shapeScores } from './score-shaping.ts';
import type { RunningMoments, ScoreShapingOptions } from './score-shaping.ts';
import { restoreRollout, saveRollout } from './rollout-state.ts';
import { selectRows } from './select-rows.ts';

/** Arrays are [B, T]. */
export interface PpoBatch extends Answers {
  readonly oldLogprobs: Float32Array;
  readonly oldValues: Float32Array;
  readonly advantages: Float32Array;
  readonly returns: Float32Array;
  /** The update was stopped: nothing is to be learned from it. */
  readonly isSkipped: boolean;
}

export interface PpoBatchOptions extends RolloutOptions, ScoreShapingOptions {
  /** Prompts answered for one rollout. @default 8 */
  rolloutSize?: number;
  /** Times a rollout is gone through. @default 4 */
  epochs?: number;
  /** Minibatches that a rollout is cut into; must divide rolloutSize. @default 1 */
  miniBatches?: number;
  /** Adapt klCoeff, which then is the first rollout's, to a target. @default constant */
  adaptiveKl?: AdaptiveKl;
  /** @default 0 */
  seed?: number;
}

export class PpoBatches implements BatchSource<PpoBatch> {
  /** The rollout that the last minibatch came from. */
  rollout: Rollout | undefined;
  /** klCoeff of that rollout. */
  klCoeff: number;
  /** Rollouts collected so far. */
  updates = 0;
  /** Minibatches of one rollout, all epochs. */
  readonly stepsPerUpdate: number;
  readonly rolloutSize: number;
  readonly #order: ShuffledBatches;
  readonly #generator: Generator;
  readonly #epochs: number;
  readonly #miniBatchSize: number;
  readonly #controller: KlController;
  #moments = NO_MOMENTS;
  #isStopped = false;
  #rows: number[][] = [];
  #position = 0;

  constructor(
    private readonly models: PpoModels,
    private readonly prompts: readonly (readonly number[])[],
    private readonly options: PpoBatchOptions = {},
  ) {
    const { rolloutSize = 8, epochs = 4, miniBatches = 1, seed = 0 } = options;
    if (prompts.length === 0) {
      throw new DataError('trainPpo: prompts: expected at least one, got 0. Give it data.');
    }
    if (rolloutSize % miniBatches !== 0) {
      throw new ConfigError(
        `trainPpo: miniBatches: expected a divisor of rolloutSize ${rolloutSize}, got ${miniBatches}.`,
      );
    }
    checkScoreShaping(options);
    this.#controller = new KlController(options.klCoeff ?? 0.05, options.adaptiveKl);
    this.klCoeff = this.#controller.value;
    this.#generator = new Generator(seed);
    this.#order = shuffledBatches(prompts.length, rolloutSize, this.#generator);
    this.#epochs = epochs;
    this.#miniBatchSize = rolloutSize / miniBatches;
    this.stepsPerUpdate = epochs * miniBatches;
    this.rolloutSize = rolloutSize;
  }

  /** Whether every minibatch of the current rollout was given out. */
  get isUpdateDone(): boolean {
    return this.#position >= this.#rows.length;
  }

  /** Whether the last minibatch given out ended an epoch. */
  get isEpochDone(): boolean {
    return this.#position % (this.rolloutSize / this.#miniBatchSize) === 0;
  }

  /** The rest of this update is skipped. */
  stopUpdate(): void {
    this.#isStopped = true;
  }

  async next(): Promise<PpoBatch> {
    if (this.isUpdateDone) await this.#collect();
    const rollout = this.rollout!;
    const rows = Int32Array.from(this.#rows[this.#position]!);
    this.#position += 1;
    const { steps } = rollout.layout;
    return {
      ...selectAnswers(rollout, rows),
      oldLogprobs: selectRows(rollout.logprobs, rows, steps),
      oldValues: selectRows(rollout.values, rows, steps),
      advantages: selectRows(rollout.advantages, rows, steps),
      returns: selectRows(rollout.returns, rows, steps),
      isSkipped: this.#isStopped,
    };
  }

  getState(): JsonValue {
    const rollout = this.isUpdateDone || !this.rollout ? null : saveRollout(this.rollout);
    return {
      order: this.#order.getState(),
      generator: { ...this.#generator.getState() },
      updates: this.updates,
      position: this.#position,
      rows: this.#rows,
      rollout,
      control: {
        klCoeff: this.klCoeff,
        next: this.#controller.value,
        moments: { ...this.#moments },
        isStopped: this.#isStopped,
      },
    };
  }

  setState(state: JsonValue): void {
    const saved = state as unknown as SavedState;
    this.#order.setState(saved.order);
    this.#generator.setState(saved.generator);
    this.updates = saved.updates;
    this.#position = saved.position;
    this.#rows = saved.rows;
    if (saved.control) this.#restoreControl(saved.control);
    this.rollout =
      saved.rollout === null ? undefined : restoreRollout(saved.rollout, this.options.padTokenId);
  }

  #restoreControl({ klCoeff, next, moments, isStopped }: SavedControl): void {
    this.klCoeff = klCoeff;
    this.#controller.value = next;
    this.#moments = moments;
    this.#isStopped = isStopped;
  }

  async #collect(): Promise<void> {
    const prompts = Array.from(this.#order.next(), (index) => this.prompts[index]!);
    const seed = this.#generator.nextSeed();
    this.klCoeff = this.#controller.value;
    this.rollout = await collectRollout(this.models, prompts, {
      ...this.options,
      seed,
      klCoeff: this.klCoeff,
      shapeScores: (scores) => {
        this.#moments = addToMoments(this.#moments, scores);
        return shapeScores(scores, this.#moments, this.options);
      },
    });
    const kl = this.rollout.kl.reduce((sum, value) => sum + value, 0) / this.rolloutSize;
    this.#controller.update(kl, this.rolloutSize);
    this.#isStopped = false;
    this.#rows = Array.from({ length: this.#epochs }, () => this.#shuffledMiniBatches()).flat();
    this.#position = 0;
    this.updates += 1;
  }

  #shuffledMiniBatches(): number[][] {
    const order = Array.from(this.#generator.permutation(this.rolloutSize));
    const size = this.#miniBatchSize;
    return Array.from({ length: this.rolloutSize / size }, (_, i) =>
      order.slice(i * size, (i + 1) * size),
    );
  }
}

/** What a checkpoint keeps: JSON. */
type SavedState = {
  readonly order: JsonValue;
  readonly generator: { readonly seed: number; readonly counter: number };
  readonly updates: number;
  readonly position: number;
  readonly rows: number[][];
  readonly rollout: JsonValue;
  /** Absent in checkpoints of earlier versions. */
  readonly control?: SavedControl;
};

type SavedControl = {
  readonly klCoeff: number;
  readonly next: number;
  readonly moments: RunningMoments;
  readonly isStopped: boolean;
};

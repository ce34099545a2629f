// Groups of completions as a batch source: `next` gives the micro-batches of the current generation, as often as it is
// reused, and makes the next generation when it is used up. GRPO and RLOO differ in what an advantage is, and in their
// loss; both are given here or read from here.
//
// A generation is stepsPerGeneration micro-batches of batchSize completions, groupSize of them for each prompt,
// shuffled once; numIterations times the micro-batches are gone through in that order (TRL's RepeatSampler).
import { shuffledBatches } from '@llm/optim';
import type { BatchSource, JsonValue, ShuffledBatches } from '@llm/optim';
import { Generator } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { PromptExample } from '../data/prompt-examples.ts';
import type { Reference } from '../dpo/reference.ts';
import { ConfigError, DataError } from '../errors.ts';
import type { Answers } from '../ppo/policy-outputs.ts';
import type { Sample } from '../ppo/score-samples.ts';
import type { RewardSource } from '../rewards/completion-reward.ts';
import { scoreCompletions } from '../rewards/score-completions.ts';
import type { JudgedCompletion, RewardTable } from '../rewards/score-completions.ts';
import { currentLogprobs, referenceLogprobs, sampleGroups } from './generation.ts';
import type { SamplingOptions } from './generation.ts';
import { completionMetrics, rewardMetrics } from './generation-metrics.ts';
import { restoreMicroBatches, saveMicroBatches } from './generation-state.ts';
import { groupSizes } from './group-sizes.ts';
import type { GroupSizes } from './group-sizes.ts';
import { layOutGroup } from './lay-out-group.ts';

export interface GroupBatchOptions extends SamplingOptions {
  /** Completions of one prompt; TRL's num_generations. @default 8 */
  groupSize?: number;
  /** Completions of a micro-batch. @default 8 */
  batchSize?: number;
  /** Micro-batches of one update. @default 1 */
  accumulation?: number;
  /** Micro-batches cut from one generation. More than `accumulation` makes several updates of one generation.
   *  @default accumulation */
  stepsPerGeneration?: number;
  /** Times that a generation is gone through (μ of the GRPO paper). @default 1 */
  numIterations?: number;
  /** Completions cut at maxNewTokens teach nothing. @default false */
  maskTruncated?: boolean;
  /** @default 0 */
  seed?: number;
  /** @default 0 */
  padTokenId?: number;
  /** Rows of one forward pass of a reward model. @default 64 */
  forwardBatchSize?: number;
  signal?: AbortSignal;
}

/** What a generation's rewards mean, the methods' difference. */
export interface Estimate {
  /** One for each completion. */
  readonly advantages: readonly number[];
  readonly metrics: Readonly<Record<string, number>>;
}

export interface GroupMethod {
  readonly name: string;
  /** @param kl Σ (log π − log π_ref) of each completion, if there is a reference and `isKlInReward` */
  readonly estimate: (table: RewardTable, kl: readonly number[] | undefined) => Estimate;
  /** Take the divergence from the reference before the advantages are known. */
  readonly isKlInReward: boolean;
}

export interface GroupPlayers {
  readonly policy: CausalLm;
  readonly rewards: readonly RewardSource[];
  /** Absent where nothing holds the policy. */
  readonly reference: Reference | undefined;
}

/** Arrays are [B, T], row-major, zero past a completion's end. */
export interface GroupBatch extends Answers {
  readonly samples: readonly Sample[];
  /** 1 for the tokens that teach, [B, T]. */
  readonly lossMask: Int32Array;
  /** [B] */
  readonly advantages: Float32Array;
  /** log π when the completions were sampled; absent where the policy is still the same. */
  readonly oldLogprobs: Float32Array | undefined;
  readonly referenceLogprobs: Float32Array | undefined;
  /** Tokens that teach in the whole generation ÷ its micro-batches. */
  readonly meanTokens: number;
}

/** A generation, for logs and eyes. */
export interface Generation {
  readonly completions: readonly JudgedCompletion[];
  readonly rewards: RewardTable;
  /** Of each completion. */
  readonly advantages: readonly number[];
}

export class GroupBatches implements BatchSource<GroupBatch> {
  /** What the current generation alone tells, under TRL's names. */
  metrics: Readonly<Record<string, number>> = {};
  /** Completion tokens sampled so far, and their prompts. */
  tokens = 0;
  /** Called after each generation. */
  onGeneration: ((generation: Generation) => void | Promise<void>) | undefined;
  readonly #order: ShuffledBatches;
  readonly #generator: Generator;
  readonly #sizes: GroupSizes;
  #microBatches: readonly GroupBatch[] = [];
  #position = 0;

  constructor(
    private readonly method: GroupMethod,
    private readonly players: GroupPlayers,
    private readonly prompts: readonly PromptExample[],
    private readonly options: GroupBatchOptions,
  ) {
    this.#sizes = groupSizes(method.name, options);
    if (prompts.length === 0) {
      throw new DataError(`${method.name}: prompts: expected at least one, got 0. Give it data.`);
    }
    if (players.rewards.length === 0) {
      throw new ConfigError(`${method.name}: rewards: expected at least one, got none.`);
    }
    this.#generator = new Generator(options.seed ?? 0);
    this.#order = shuffledBatches(prompts.length, this.#sizes.promptCount, this.#generator);
  }

  async next(): Promise<GroupBatch> {
    const { stepsPerGeneration, numIterations } = this.#sizes;
    if (this.#microBatches.length === 0 || this.#position >= stepsPerGeneration * numIterations) {
      this.#microBatches = await this.#generate();
      this.#position = 0;
    }
    const batch = this.#microBatches[this.#position % stepsPerGeneration]!;
    this.#position += 1;
    return batch;
  }

  getState(): JsonValue {
    return {
      order: this.#order.getState(),
      generator: { ...this.#generator.getState() },
      position: this.#position,
      tokens: this.tokens,
      metrics: this.metrics,
      microBatches: saveMicroBatches(this.#microBatches),
    };
  }

  setState(state: JsonValue): void {
    const saved = state as SavedState;
    this.#order.setState(saved.order);
    this.#generator.setState(saved.generator);
    this.#position = saved.position;
    this.tokens = saved.tokens;
    this.metrics = saved.metrics;
    this.#microBatches = restoreMicroBatches(saved.microBatches, this.options);
  }

  async #generate(): Promise<GroupBatch[]> {
    const { policy, rewards } = this.players;
    const { groupSize, stepsPerGeneration, batchSize } = this.#sizes;
    const prompts = Array.from(this.#order.next(), (index) => this.prompts[index]!);
    const seed = this.#generator.nextSeed();
    const completions = await sampleGroups(policy, prompts, { ...this.options, groupSize, seed });
    const { forwardBatchSize, padTokenId } = this.options;
    const scoring = { batchSize: forwardBatchSize, padTokenId };
    const table = await scoreCompletions(rewards, completions, scoring);
    const order = this.#shuffled(completions.length);
    const parts = Array.from({ length: stepsPerGeneration }, (_, i) =>
      this.#measure(completions, order.slice(i * batchSize, (i + 1) * batchSize)),
    );
    const kl = this.method.isKlInReward ? klOfRows(parts, completions.length) : undefined;
    const { advantages, metrics } = this.method.estimate(table, kl);
    this.tokens += totalTokens(completions);
    this.metrics = {
      ...completionMetrics(completions),
      ...rewardMetrics(table),
      ...metrics,
      ...table.metrics,
      num_tokens: this.tokens,
    };
    await this.onGeneration?.({ completions, rewards: table, advantages });
    const counted = parts.reduce((sum, part) => sum + count(part.lossMask), 0);
    return parts.map(({ rows, ...part }) => ({
      ...part,
      advantages: Float32Array.from(rows, (row) => advantages[row]!),
      meanTokens: counted / stepsPerGeneration,
    }));
  }

  /** One micro-batch, laid out and measured. */
  #measure(completions: readonly JudgedCompletion[], rows: readonly number[]) {
    const { policy, reference } = this.players;
    const { padTokenId, maskTruncated = false, temperature = 1 } = this.options;
    const samples = rows.map((row) => completions[row]!);
    const answers = layOutGroup(samples, { padTokenId, maskTruncated });
    return {
      ...answers,
      rows,
      samples,
      oldLogprobs:
        this.#sizes.isReused || this.method.isKlInReward
          ? currentLogprobs(policy, answers, { temperature })
          : undefined,
      referenceLogprobs:
        reference && referenceLogprobs(policy, reference, answers, { temperature }),
    };
  }

  #shuffled(length: number): number[] {
    return this.#sizes.stepsPerGeneration === 1
      ? Array.from({ length }, (_, i) => i)
      : Array.from(this.#generator.permutation(length));
  }
}

type Measured = Pick<GroupBatch, 'oldLogprobs' | 'referenceLogprobs' | 'lossMask' | 'layout'> & {
  readonly rows: readonly number[];
};

/** Σ (log π − log π_ref) of every completion, in the order they were sampled in. */
function klOfRows(parts: readonly Measured[], count: number): number[] | undefined {
  const sums = new Array<number>(count).fill(0);
  for (const { rows, oldLogprobs, referenceLogprobs: frozen, lossMask, layout } of parts) {
    if (!frozen || !oldLogprobs) return undefined;
    oldLogprobs.forEach((logprob, i) => {
      const row = rows[Math.floor(i / layout.steps)]!;
      sums[row] = sums[row]! + (logprob - frozen[i]!) * lossMask[i]!;
    });
  }
  return sums;
}

const count = (mask: Int32Array): number => mask.reduce((sum, keep) => sum + keep, 0);

const totalTokens = (samples: readonly Sample[]): number =>
  samples.reduce((sum, row) => sum + row.promptIds.length + row.completionIds.length, 0);

/** What a checkpoint keeps: JSON. */
type SavedState = {
  readonly order: JsonValue;
  readonly generator: { readonly seed: number; readonly counter: number };
  readonly position: number;
  readonly tokens: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly microBatches: JsonValue;
};

// How many prompts, completions and micro-batches a generation has.
import { ConfigError } from '../errors.ts';
import type { GroupBatchOptions } from './group-batches.ts';

export interface GroupSizes {
  readonly groupSize: number;
  readonly batchSize: number;
  readonly stepsPerGeneration: number;
  readonly numIterations: number;
  /** Prompts of one generation. */
  readonly promptCount: number;
  /** Whether the policy is updated while a generation is in use. */
  readonly isReused: boolean;
}

/** @throws ConfigError */
export function groupSizes(name: string, options: GroupBatchOptions): GroupSizes {
  const { groupSize = 8, batchSize = 8, accumulation = 1, numIterations = 1 } = options;
  const { stepsPerGeneration = accumulation } = options;
  const counts = { groupSize, batchSize, accumulation, numIterations, stepsPerGeneration };
  for (const [option, value] of Object.entries(counts)) {
    const least = option === 'groupSize' ? 2 : 1;
    if (Number.isSafeInteger(value) && value >= least) continue;
    const why = least === 2 ? 'Advantages compare the completions of a group.' : 'Change it.';
    throw new ConfigError(
      `${name}: ${option}: expected an integer ≥ ${least}, got ${value}. ${why}`,
    );
  }
  const completions = batchSize * stepsPerGeneration;
  if (completions % groupSize !== 0) {
    throw new ConfigError(
      `${name}: groupSize: expected a divisor of batchSize · stepsPerGeneration = ${completions}, the completions of ` +
        `one generation, got ${groupSize}. Change one of them.`,
    );
  }
  const isReused = accumulation % (stepsPerGeneration * numIterations) !== 0;
  const promptCount = completions / groupSize;
  return { groupSize, batchSize, stepsPerGeneration, numIterations, promptCount, isReused };
}

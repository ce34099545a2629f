// The figures of a PPO update that a progress bar shows.
import type { PpoUpdate } from '@llm/align';
import type { Output } from '../cli/output.ts';
import { formatRate } from './step-progress.ts';

function figuresOf({ loss, metrics }: PpoUpdate, tokensPerSecond: number): string[] {
  const figure = (label: string, value: number | undefined) =>
    `${label} ${(value ?? Number.NaN).toFixed(3)}`;
  return [
    figure('loss', loss),
    figure('score', metrics['objective/scores']),
    figure('kl', metrics['objective/kl']),
    `${formatRate(tokensPerSecond)} tokens/s`,
  ];
}

const tokensOf = ({ rollout }: PpoUpdate): number =>
  rollout.samples.reduce((sum, { completionIds }) => sum + completionIds.length, 0);

/** A progress bar over PPO's updates that remembers the last one's numbers. */
export function updateProgress(output: Output, updates: number) {
  const progress = output.progress('ppo', updates);
  let last: PpoUpdate | undefined;
  let figures: string[] = [];
  let tokens = 0; // written in rollouts since the start
  return {
    onUpdate: (update: PpoUpdate): void => {
      if (last === undefined) progress.startAt(update.update - 1);
      last = update;
      tokens += tokensOf(update);
      figures = figuresOf(update, tokens / progress.seconds);
      progress.update(update.update, figures);
    },
    finish: (): void => progress.finish(figures),
    /** TRL's names; empty when no update was made. */
    lastMetrics: () => last?.metrics ?? {},
  };
}

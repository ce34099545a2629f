// The figures of a PPO update that a progress bar shows.
import type { PpoUpdate } from '@llm/align';
import type { Output } from '../cli/output.ts';

export function formatUpdate({ metrics }: PpoUpdate): string[] {
  const figure = (label: string, name: string) =>
    `${label} ${(metrics[name] ?? Number.NaN).toFixed(3)}`;
  return [figure('score', 'objective/scores'), figure('kl', 'objective/kl')];
}

/** A progress bar over PPO's updates that remembers the last one's numbers. */
export function updateProgress(output: Output, updates: number) {
  const progress = output.progress('ppo', updates);
  let last: PpoUpdate | undefined;
  return {
    onUpdate: (update: PpoUpdate): void => {
      if (last === undefined) progress.startAt(update.update - 1);
      last = update;
      progress.update(update.update, formatUpdate(update));
    },
    finish: (): void => progress.finish(last ? formatUpdate(last) : []),
    /** TRL's names; empty when no update was made. */
    lastMetrics: () => last?.metrics ?? {},
  };
}

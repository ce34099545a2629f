// The figures of a PPO update that a progress bar shows.
import type { PpoUpdate } from '@llm/align';

export function formatUpdate({ metrics }: PpoUpdate): string[] {
  const figure = (label: string, name: string) =>
    `${label} ${(metrics[name] ?? Number.NaN).toFixed(3)}`;
  return [figure('score', 'objective/scores'), figure('kl', 'objective/kl')];
}

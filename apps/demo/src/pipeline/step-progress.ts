// Shows a training loop's steps on a progress bar: loss, tokens a second, time left.
import type { StepMetrics } from '@llm/optim';
import type { Output } from '../cli/output.ts';
import type { Progress } from '../cli/progress.ts';

export function formatRate(perSecond: number): string {
  return perSecond >= 10_000 ? `${(perSecond / 1000).toFixed(1)}k` : perSecond.toFixed(0);
}

function figuresOf(
  { loss, tokensPerSecond, metrics }: StepMetrics,
  shown: readonly string[],
): string[] {
  const extra = shown.flatMap((name) => {
    const value = metrics[name];
    return value === undefined ? [] : [`${name.replace(/^.*\//, '')} ${value.toFixed(3)}`];
  });
  const speed = tokensPerSecond === undefined ? [] : [`${formatRate(tokensPerSecond)} tokens/s`];
  return [`loss ${loss.toFixed(3)}`, ...extra, ...speed];
}

export interface StepProgress {
  readonly onStep: (metrics: StepMetrics) => void;
  finish(figures?: readonly string[]): void;
}

/** @param shown metrics of the loss function to show beside the loss */
export function stepProgress(
  output: Output,
  label: string,
  steps: number,
  shown: readonly string[] = [],
): StepProgress {
  const progress: Progress = output.progress(label, steps);
  let last: string[] | undefined;
  return {
    onStep: (metrics) => {
      if (last === undefined) progress.startAt(metrics.step - 1);
      last = figuresOf(metrics, shown);
      progress.update(metrics.step, last);
    },
    finish: (figures) => progress.finish(figures ?? last ?? []),
  };
}

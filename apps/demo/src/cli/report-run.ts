// What every training command says at its end: one JSON document, or one line.
import type { TrainResult } from '@llm/optim';
import type { Output } from './output.ts';

interface RunValues {
  readonly out: string;
  readonly steps: number;
}

/** The fields that the JSON documents of all training commands have. */
export function runFields({ out, steps }: RunValues, result: TrainResult) {
  return {
    out,
    step: result.step,
    steps,
    stopReason: result.stopReason,
    resumedFrom: result.resumedFrom,
    rejectedCheckpoints: result.rejectedCheckpoints,
    loss: result.lastMetrics?.loss ?? null,
    metrics: result.lastMetrics?.metrics ?? {},
  };
}

/** Says what a run leaves for its user to know: damaged checkpoints, an early stop. */
export function noteRun({ out, steps }: RunValues, result: TrainResult, output: Output): void {
  for (const rejected of result.rejectedCheckpoints) {
    output.note(
      `passed over a damaged checkpoint, went on from step ${result.resumedFrom}: ${rejected}`,
    );
  }
  if (result.stopReason === 'aborted') {
    output.note(
      `stopped after ${result.step} of ${steps}; go on with the same command and --resume (${out})`,
    );
  } else if (result.lastMetrics === undefined) {
    output.note(`nothing left to do: ${out} has made ${result.step} steps`);
  }
}

/** @param extra more fields of the JSON document @param done what was achieved, for people */
export function reportRun(
  output: Output,
  values: RunValues,
  result: TrainResult,
  { extra = {}, done }: { extra?: Readonly<Record<string, unknown>>; done: string },
): void {
  noteRun(values, result, output);
  output.json({ ...runFields(values, result), ...extra });
  if (result.stopReason === 'finished') output.line(`${values.out}: ${done}`);
}

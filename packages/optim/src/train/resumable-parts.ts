// The parts of a run whose state goes into trainer_state.json: data, generator, schedule, and the caller's own.

import type { JsonValue, Resumable } from '../batches/batch-source.ts';
import { CheckpointError } from '../errors.ts';
import { isFeedback } from '../schedules/plateau.ts';
import type { EvaluationRecord } from './evaluation.ts';
import type { TrainOptions } from './options.ts';

/** A run's options, and what it learns about itself. */
export type RunParts<Batch> = TrainOptions<Batch> & { readonly record?: EvaluationRecord };

/** The state of each part, by name. */
export function partsOf<Batch>(options: RunParts<Batch>): Record<string, JsonValue> {
  const entries = Object.entries(resumablesOf(options));
  return Object.fromEntries(entries.map(([name, part]) => [name, part.getState()]));
}

/** Sets every part back. @throws CheckpointError where `from` has no state for one */
export function setParts<Batch>(
  options: RunParts<Batch>,
  parts: Readonly<Record<string, JsonValue>>,
  from: string,
): void {
  for (const [name, part] of Object.entries(resumablesOf(options))) {
    if (name in parts) part.setState(parts[name] ?? null);
    else {
      throw new CheckpointError(
        `train: resume: expected the state of "${name}" in ${from}, got none. ` +
          'Resume with the options that the run began with.',
      );
    }
  }
}

function resumablesOf<Batch>(options: RunParts<Batch>): Record<string, Resumable> {
  const { batches, generator, resumables, schedule, record } = options;
  const own: Record<string, Resumable> = { batches };
  if (isFeedback(schedule)) own.schedule = schedule;
  if (record) own.evaluation = record;
  if (generator) {
    own.generator = {
      getState: () => ({ ...generator.getState() }),
      setState: (state) => generator.setState(state as { seed: number; counter: number }),
    };
  }
  return { ...resumables, ...own };
}

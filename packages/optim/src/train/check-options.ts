import { ConfigError } from '../errors.ts';
import { isFeedback } from '../schedules/plateau.ts';
import type { TrainOptions } from './options.ts';

/** Throws ConfigError for an option that cannot work. */
export function checkOptions<Batch>(options: TrainOptions<Batch>): void {
  const { steps, accumulation = 1, maxGradNorm = 1, checkpoint, resume } = options;
  const { every = 500, keep = 2 } = checkpoint ?? {};
  const whole = { steps, accumulation, 'checkpoint.every': every, 'checkpoint.keep': keep };
  for (const [name, value] of Object.entries(whole)) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new ConfigError(`train: ${name}: expected a positive integer, got ${value}.`);
  }
  const { size = 1 } = options.workers ?? {};
  if (accumulation % size !== 0) {
    throw new ConfigError(
      `train: accumulation: expected a multiple of ${size} workers, got ${accumulation}. ` +
        'It counts the micro-batches of all workers together.',
    );
  }
  if (isFeedback(options.schedule) && !options.evaluation) {
    throw new ConfigError(
      'train: schedule: expected evaluation beside one that listens, got none.',
    );
  }
  if (!(maxGradNorm > 0)) {
    throw new ConfigError(`train: maxGradNorm: expected a number > 0, got ${maxGradNorm}.`);
  }
  if (resume && !checkpoint && (options.workers?.rank ?? 0) === 0) {
    throw new ConfigError('train: resume: expected checkpoint.directory to resume from, got none.');
  }
}

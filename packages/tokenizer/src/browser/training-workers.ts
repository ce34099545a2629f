/** A browser trains on one thread. */
import type { TrainingWorker } from '../train/thread-team.ts';

export function startWorkers(_count: number): Promise<TrainingWorker[]> {
  return Promise.resolve([]);
}

/** @llm/optim/distributed: several processes, on one machine or many, train one model. Node only. */
export { DistributedError } from '../errors.ts';
export { Group, partOf, type GroupOptions } from './group.ts';
export { joinGroup, type JoinOptions } from './join.ts';
export {
  isWorker,
  joinLaunched,
  launchWorkers,
  threadsPerWorker,
  type LaunchOptions,
} from './launch.ts';
export { makeToken } from './handshake.ts';
export { dataParallel, type DataParallelOptions } from './data-parallel.ts';
export type { Workers } from '../train/workers.ts';
export type { Plain } from './plain.ts';

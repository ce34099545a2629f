/** `@llm/tensor/worker` (Node): a model in a thread of its own. */
export { serveWorker, type ServeOptions } from './serve-worker.ts';
export { startWorker, type CallOptions, type WorkerClient } from './start-worker.ts';
export type { CallContext, Handlers } from './protocol.ts';
export type { Sent, TensorData } from './sent-values.ts';

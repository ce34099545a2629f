/** The program of a training thread: answers each message in turn. */
import { parentPort } from 'node:worker_threads';
import type { TaskAnswer, TaskMessage } from '../train/worker-tasks.ts';
import { WorkerTasks } from '../train/worker-tasks.ts';

export interface WorkerReply {
  readonly answer?: TaskAnswer;
  readonly error?: string;
}

const tasks = new WorkerTasks();

parentPort?.on('message', (message: TaskMessage) => {
  let reply: WorkerReply;
  try {
    reply = { answer: tasks.handle(message) };
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(reply, buffersOf(reply.answer));
});

/** The arrays of an answer, which are given away and not copied: this thread does not use them again. */
function buffersOf(answer: unknown): ArrayBuffer[] {
  if (answer instanceof Float64Array) return [answer.buffer as ArrayBuffer];
  if (Array.isArray(answer)) return answer.flatMap(buffersOf);
  const isExpectation = typeof answer === 'object' && answer !== null && 'logLikelihood' in answer;
  return isExpectation && 'counts' in answer ? buffersOf(answer.counts) : [];
}

// How far apart the machine's cores are: how long a cache line takes from one thread to another and back. Cores that
// share a cache need some 80 ns, those on different chips of one processor 400 ns and more; a virtual machine may move
// between the two during a run, and products on two threads with it.
import { Worker, isMainThread, workerData } from 'node:worker_threads';

const ROUNDS = 20_000;
const WARM_UP = 4_000; // until both sides are compiled

/** Answers each odd number with the next even one. */
function answer(line) {
  for (let i = 0; i < ROUNDS; i++) {
    while (Atomics.load(line, 0) !== 2 * i + 1);
    Atomics.store(line, 0, 2 * i + 2);
  }
}

/** @returns {Promise<number>} nanoseconds there and back, a median of stretches of 100 */
export async function roundTripNanoseconds() {
  const line = new Int32Array(new SharedArrayBuffer(64));
  const worker = new Worker(new URL(import.meta.url), { workerData: { line } });
  const done = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  await new Promise((resolve) => worker.once('online', resolve));
  const stretches = [];
  let start = process.hrtime.bigint();
  for (let i = 0; i < ROUNDS; i++) {
    Atomics.store(line, 0, 2 * i + 1);
    while (Atomics.load(line, 0) !== 2 * i + 2);
    if (i % 100 !== 99) continue;
    const now = process.hrtime.bigint();
    if (i > WARM_UP) stretches.push(Number(now - start) / 100);
    start = now;
  }
  await done;
  return stretches.sort((a, b) => a - b)[stretches.length >> 1];
}

if (!isMainThread && workerData?.line) answer(workerData.line);

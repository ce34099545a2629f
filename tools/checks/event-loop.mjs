// Does this thread's event loop stay free while a model trains in a worker? node tools/checks/event-loop.mjs [SECONDS]
// After `npm run setup`. Prints the delays of a timer and the steps trained meanwhile; fails when the 99th percentile
// is 20 ms or more.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { startWorker } from '../../packages/tensor/dist/worker/index.js';

const seconds = Number(process.argv[2] ?? 10);
const worker = startWorker(new URL('./event-loop-worker.mjs', import.meta.url));
const steps = worker.stream('train', { width: 384, layers: 6, batch: 4, time: 256 });
await steps.next(); // the model is made, the engine is warm

const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
const end = performance.now() + seconds * 1000;
let count = 0;
for await (const loss of steps) {
  count++;
  if (!Number.isFinite(loss)) throw new Error(`event-loop: loss: expected a number, got ${loss}.`);
  if (performance.now() > end) break;
}
delays.disable();
await worker.close();

const inMilliseconds = (nanoseconds) => (nanoseconds / 1e6).toFixed(1);
const [median, high, most] = [delays.percentile(50), delays.percentile(99), delays.max];
process.stdout.write(
  `${count} steps in ${seconds} s; event-loop delay: median ${inMilliseconds(median)} ms, ` +
    `99 % below ${inMilliseconds(high)} ms, at most ${inMilliseconds(most)} ms\n`,
);
process.exitCode = high < 20e6 ? 0 : 1;

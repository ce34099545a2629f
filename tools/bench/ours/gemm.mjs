// One matrix product, in float32, with bf16 factors or in 8-bit integers.
import {
  Generator,
  int8Linear,
  linear,
  quantizeInt8,
  setMatmulPrecision,
  tf,
  useBackend,
} from '@llm/tensor';
import { serve, timed } from './serve.mjs';

/** One thread is measured by its processor time, which other programs do not lengthen. */
function processorTime(action) {
  const start = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

const { m, n, k, layout, repeats, threads, backend, precision } = JSON.parse(process.argv[2]);
await useBackend(backend, { threads });
const generator = new Generator(0);
const [transposeA, transposeB] = [layout[0] === 'T', layout[1] === 'T'];
const a = generator.normal(transposeA ? [k, m] : [m, k]);
const b = generator.normal(transposeB ? [n, k] : [k, n]);

/** bf16 products are `linear`'s: y = x · Wᵀ, dx = dy · W and dW = dyᵀ · x, which are NT, NN and TN. */
function kernelOf() {
  if (precision === undefined) return () => tf.matMul(a, b, transposeA, transposeB);
  if (precision === 'int8') {
    const weight = quantizeInt8(b);
    return () => int8Linear(a, weight);
  }
  setMatmulPrecision(precision);
  const { runKernel } = tf.engine();
  const run = (name, inputs) => runKernel.call(tf.engine(), name, inputs);
  if (layout === 'NT') return () => linear(a, b);
  if (layout === 'NN') return () => run('LinearGradInput', { dy: a, weight: b });
  if (layout === 'TN') return () => run('LinearGradWeight', { dy: a, x: b });
  throw new Error(`gemm: layout: expected NT, NN or TN for bf16, got ${layout}.`);
}

const product = kernelOf();
function unit() {
  for (let i = 0; i < repeats; i++) product().dispose();
}
// Until the JavaScript around the kernel is compiled: its compiler's threads count as processor time too.
const WARM_UP_SECONDS = 1;
for (let seconds = 0; seconds < WARM_UP_SECONDS;) seconds += timed(unit);
const clock = threads === 1 ? processorTime : timed;
await serve(() => clock(unit) / repeats);

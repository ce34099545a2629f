// Writes docs/kernels.md: every kernel that tfjs-core names, whether the native backend answers it in C++, and
// its time on native and on cpu (and on tfjs-node where that is installed).
//
//   node tools/bench/kernels.mjs [--out docs/kernels.md] [--only TEXT] [--threads 2]
//
// The package must be built (npm run setup). The backends take turns within each round.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { kernelStats, resetKernelStats, tf, useBackend } from '@llm/tensor';
import { WITHOUT_KERNEL, WORKS } from './kernels/works.mjs';

const ROUNDS = 5;
const ROUND_SECONDS = 0.008; // a round repeats the call until this much time has passed

const { values: options } = parseArgs({
  options: {
    out: { type: 'string' },
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '2' },
  },
});

/** What tfjs-core exports from its list of kernel names. */
function kernelNames() {
  const names = Object.entries(tf).filter(
    ([key, value]) => typeof value === 'string' && isKernelName(key, value),
  );
  return names.map(([, value]) => value).sort((a, b) => a.localeCompare(b));
}

/** Each constant has its own name as its value; `version_core` does not. */
const isKernelName = (key, value) => key === value;

/** The GPU package runs on a processor, too, with the same kernels. */
async function installedTfjsNode() {
  for (const backend of ['tfjs-node', 'tfjs-node-gpu']) {
    try {
      await useBackend(backend, { requireGpu: false });
      return backend;
    } catch {
      // not installed, or for another Node
    }
  }
  return undefined;
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

/** Seconds a call. The results are freed, so that memory is reused as in a program. */
function timeRound(run) {
  const begin = performance.now();
  let calls = 0;
  let elapsed = 0;
  do {
    tf.tidy(() => void run());
    calls++;
    elapsed = (performance.now() - begin) / 1000;
  } while (elapsed < ROUND_SECONDS);
  return elapsed / calls;
}

/** Which side ran: the counters say it. */
function sideOf(name, run) {
  resetKernelStats();
  tf.tidy(() => void run());
  const { native, fallback } = kernelStats();
  if ((native[name] ?? 0) > 0 && !(fallback[name] > 0)) return 'C++';
  if ((fallback[name] ?? 0) > 0) return 'JavaScript';
  return 'no work'; // Identity and Reshape: a reference more
}

async function measure(name, { make }, backends) {
  const runs = new Map();
  const seconds = new Map(backends.map((backend) => [backend, []]));
  let side = '';
  for (let round = 0; round <= ROUNDS; round++) {
    for (const backend of backends) {
      await useBackend(backend, { threads: Number(options.threads), requireGpu: false });
      try {
        if (!runs.has(backend)) runs.set(backend, make(tf));
        const run = runs.get(backend);
        if (backend === 'native' && side === '') side = sideOf(name, run);
        const time = timeRound(run);
        if (round > 0) seconds.get(backend).push(time); // the first warms up
      } catch (error) {
        if (backend === 'native') throw new Error(`${name} on native: ${error.message}`);
      } // cpu has no LogSoftmax, tfjs-node not every kernel: no time then
    }
  }
  const times = backends.map((backend) => [backend, median(seconds.get(backend))]);
  return { side, times: Object.fromEntries(times) };
}

function milliseconds(seconds) {
  if (seconds === undefined) return '–';
  const ms = seconds * 1000;
  return ms < 0.1 ? ms.toFixed(3) : ms < 10 ? ms.toFixed(2) : ms.toFixed(0);
}

function rowOf(name, shown, { side, times }, tfjsNode) {
  const factor = times.cpu / times.native;
  const ratio = Number.isNaN(factor) ? '–' : factor.toFixed(factor < 10 ? 1 : 0);
  const cells = [name, side, shown, milliseconds(times.native), milliseconds(times.cpu), ratio];
  if (tfjsNode !== undefined) cells.push(milliseconds(times[tfjsNode]));
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function pageOf(rows, tfjsNode) {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus()[0].model.trim()}, ${options.threads} threads, Node ${process.versions.node}`;
  const getIt =
    'tfjs-node was not installed where this was written: `tools/tfjs-node` builds it, then this script adds its column.';
  const columns = ['Kernel', 'On native', 'Call', 'native, ms', 'cpu, ms', 'cpu ÷ native'];
  const aligns = ['---', '---', '---', '---:', '---:', '---:'];
  if (tfjsNode !== undefined)
    [columns, aligns].forEach((list, i) => list.push(['tfjs-node, ms', '---:'][i]));
  return [
    '# Kernels',
    '',
    `Every kernel that tfjs-core names, and who answers it on the backend \`native\`: our C++, or tfjs’s JavaScript on copies of the values. Written by \`node tools/bench/kernels.mjs --out docs/kernels.md\`; a test of @llm/tensor fails when the second column is not what the backend registers.`,
    '',
    `Times are milliseconds a call (${date}, ${machine}, float32, medians of ${ROUNDS} rounds in which the backends take turns); the machine was shared, so trust the ratios only. C++ takes float32, and int32 and bool where they make sense; other dtypes run in JavaScript, which \`kernelStats().fallback\` counts. tfjs-node, where it was there, is TensorFlow 2.21 from \`tools/tfjs-node\`; – means that a backend has no such kernel.${tfjsNode === undefined ? ` ${getIt}` : ''}`,
    '',
    `| ${columns.join(' | ')} |`,
    `| ${aligns.join(' | ')} |`,
    ...rows,
    '',
    '## Names without a kernel',
    '',
    ...[...WITHOUT_KERNEL].map(([name, why]) => `- ${name}: ${why}`),
    '',
  ].join('\n');
}

const threads = Number(options.threads);
const backends = ['native', 'cpu'];
for (const backend of backends) await useBackend(backend, { threads });
const tfjsNode = await installedTfjsNode();
if (tfjsNode !== undefined) backends.push(tfjsNode);

const rows = [];
for (const name of kernelNames()) {
  if (WITHOUT_KERNEL.has(name) || !name.toLowerCase().includes(options.only.toLowerCase()))
    continue;
  const work = WORKS.get(name);
  if (work === undefined)
    throw new Error(`kernels: ${name}: expected a work in kernels/works.mjs, got none. Add one.`);
  const row = rowOf(name, work.shown, await measure(name, work, backends), tfjsNode);
  process.stderr.write(`${row}\n`);
  rows.push(row);
}
const page = pageOf(rows, tfjsNode);
if (options.out === undefined) process.stdout.write(page);
else writeFileSync(options.out, page);

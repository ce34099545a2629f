// The Markdown that a benchmark run leaves behind.
import { cpus } from 'node:os';

const TITLES = {
  training: 'Training step, float32 (forward, backward, AdamW)',
  inference: 'SmolLM2-135M',
  operations: 'Fused operations, float32, forwards and backwards',
  tokenizer: 'GPT-2 tokens: text in documents of 8 kB, one thread (training: the threads given)',
};

const whole = (number) => (Number.isNaN(number) ? '' : number.toFixed(0));
const milliseconds = (seconds) => (seconds * 1000).toFixed(seconds < 0.001 ? 3 : 1);

/** A row a contestant: milliseconds, how the first compares (below 1: it is faster), its largest resident memory. */
export function tableOf({ kind, rows }) {
  const lines = rows.flatMap(({ name, results }) =>
    results.map(
      ({ label, seconds, ratio, peakMebibytes }, i) =>
        `| ${i === 0 ? name : ''} | ${label} | ${milliseconds(seconds)} | ${i === 0 ? '' : ratio.toFixed(2)} | ${whole(peakMebibytes)} |`,
    ),
  );
  return [
    `## ${TITLES[kind]}`,
    '',
    '| work | who | ms | ours ÷ theirs | peak MiB |',
    '| --- | --- | ---: | ---: | ---: |',
    ...lines,
    '',
  ].join('\n');
}

export function describeMachine({ threads, rounds }) {
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus()[0].model}, ${cpus().length} cores, ${threads} threads, Node ${process.versions.node}, medians of ${rounds} interleaved rounds.`;
}

export function benchmarksPage(sections, machine) {
  return [
    '# Benchmarks',
    '',
    'Written by `tools/bench/run.mjs`; see `tools/bench/README.md` for how to repeat it. Every contestant',
    'does the same work with the same number of threads, in turn, within one run. The ratio is the median',
    'of the rounds’ ratios of the first row of a work to this one; below 1 the first is faster. Absolute times',
    'are those of a shared machine. Peak MiB is the whole process: Node or Python, too.',
    'On AMD processors PyTorch’s float32 products (MKL) stay far below the peak; on Intel expect its times',
    'to be nearer to ours.',
    '',
    machine,
    '',
    ...sections.map(tableOf),
  ].join('\n');
}

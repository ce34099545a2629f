// The Markdown that a benchmark run leaves behind.
import { cpus } from 'node:os';

const TITLES = {
  training: 'Training step, float32 (forward, backward, AdamW)',
  'fine-tuning': 'Fine-tuning SmolLM2-135M, a step, float32',
  gemm: 'Matrix products',
  'gemm-avx2': 'Matrix products by AVX2 kernels (a stand-in for processors without AVX-512)',
  embedding: 'Sentence embeddings, all-MiniLM-L6-v2',
  inference: 'SmolLM2-135M',
  operations: 'Fused operations, float32, forwards and backwards',
  'tokenizer-training':
    'Training a tokenizer on the State of the Union addresses (10.8 MB), with the threads given',
  tokenizer: 'GPT-2 tokens: text in documents of 8 kB, one thread (training: the threads given)',
};

const MANY_THREADED = ['gemm', 'gemm-avx2']; // measured with one thread and with several, a table each

function titleOf({ kind, threads }) {
  if (!MANY_THREADED.includes(kind)) return TITLES[kind];
  return `${TITLES[kind]}, ${threads === 1 ? 'one thread (processor time)' : `${threads} threads`}`;
}

const milliseconds = (seconds) => (seconds * 1000).toFixed(seconds < 0.001 ? 3 : 1);

const mebibytes = (bytes) => Math.round(bytes / 2 ** 20).toString();

/** Columns beside the time: which a kind has depends on what its contestants report. */
const COLUMNS = [
  {
    title: 'GFLOP/s',
    has: ({ flops }) => flops !== undefined,
    cell: ({ seconds }, { flops }) => (flops / seconds / 1e9).toFixed(0),
  },
  {
    title: 'ours ÷ theirs',
    has: () => true,
    cell: ({ ratio }, _, i) => (i ? ratio.toFixed(2) : ''),
  },
  {
    title: 'threads apart, ns',
    has: ({ distance }) => distance !== undefined,
    cell: (_, { distance }, i) => (i ? '' : distance.toFixed(0)),
  },
  {
    title: 'process MiB',
    has: ({ results }) => results.every(({ bytes, peakMebibytes }) => !bytes && peakMebibytes),
    cell: ({ peakMebibytes }) => (peakMebibytes ? peakMebibytes.toFixed(0) : ''),
  },
  {
    title: 'MiB',
    has: ({ results }) => results.some(({ bytes }) => bytes !== undefined),
    cell: ({ bytes }) => (bytes === undefined ? '' : mebibytes(bytes)),
  },
  {
    title: 'ours ÷ theirs',
    has: ({ results }) => results.some(({ bytes }) => bytes !== undefined),
    cell: ({ bytes }, { results }, i) =>
      i && bytes !== undefined ? (results[0].bytes / bytes).toFixed(2) : '',
  },
];

/** A row a contestant: milliseconds, and how ours compares (below 1: ours is faster, or needs less). */
export function tableOf({ kind, threads, rows, machine }) {
  const columns = COLUMNS.filter(({ has }) => rows.some(has));
  const lines = rows.flatMap((row) =>
    row.results.map((result, i) => {
      const cells = columns.map(({ cell }) => cell(result, row, i));
      return `| ${[i === 0 ? row.name : '', result.label, milliseconds(result.seconds), ...cells].join(' | ')} |`;
    }),
  );
  const titles = ['work', 'who', 'ms', ...columns.map(({ title }) => title)];
  return [
    `## ${titleOf({ kind, threads })}`,
    '',
    machine,
    '',
    `| ${titles.join(' | ')} |`,
    `| --- | --- | ${titles
      .slice(2)
      .map(() => '---:')
      .join(' | ')} |`,
    ...lines,
    '',
  ].join('\n');
}

export function describeMachine({ threads, rounds }) {
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus()[0].model}, ${cpus().length} cores, ${threads} threads, Node ${process.versions.node}, medians of ${rounds} interleaved rounds.`;
}

const INTRODUCTION = [
  '# Benchmarks',
  '',
  'Written by `tools/bench/run.mjs`; see `tools/bench/README.md` for how to repeat it. Every contestant',
  'does the same work with the same number of threads, in turn, within one run. The ratio is the median',
  'of the rounds’ ratios of the first row of a work to this one; below 1 the first is faster. MiB: the most',
  'resident memory less what was resident once everything was imported; process MiB: the whole of it, Node or',
  'Python too. Threads apart: how long a cache line takes from one thread to another and back, as measured before',
  'the row; about 80 ns where they share a cache, 400 ns where they lie on two chips of one processor.',
  'Absolute times are those of a shared machine. On AMD processors',
  'PyTorch’s float32 products (MKL) stay far below the peak; on Intel expect its times to be nearer to ours.',
  '',
].join('\n');

/** The page with these sections; those of other kinds stay as they were. */
export function benchmarksPage(sections, page = '') {
  const written = sections.map(tableOf);
  const headingOf = (section) => section.split('\n', 1)[0];
  const fresh = new Map(written.map((section) => [headingOf(section), section]));
  const old = page.split(/^(?=## )/m).filter((section) => section.startsWith('## '));
  const kept = old.map((section) => {
    const replacement = fresh.get(headingOf(section));
    fresh.delete(headingOf(section));
    return replacement ?? `${section.trimEnd()}\n`;
  });
  return [INTRODUCTION, ...kept, ...fresh.values()].join('\n');
}

// Measures @llm/tokenizer beside the tokenizers of npm, Python, Rust and C++: `node tools/bench/tokenizers/run.mjs`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readCorpora } from './corpora.mjs';
import { measureTokenizer } from './measure.mjs';
import { describeMemory, tableOf } from './report.mjs';
import { writeVocabularies } from './vocabularies.mjs';
import { TASKS, tokenizerWorks } from './works.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    python: { type: 'string', default: process.env.LLM_BENCH_PYTHON ?? 'python3' },
    models: { type: 'string', default: process.env.LLM_MODELS },
    peers: { type: 'string', default: process.env.LLM_BENCH_NODE ?? here('peers') },
    only: { type: 'string' },
    out: { type: 'string' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'llm-bench-'));
const corpora = readCorpora(values.peers);
for (const [name, halves] of Object.entries(corpora))
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(halves));
writeVocabularies(folder, { ...values, corpora });

const canImport = (name) =>
  spawnSync(values.python, ['-c', `import ${name}`], { stdio: 'ignore' }).status === 0;
const usable = new Map(
  ['tokenizers', 'tiktoken', 'sentencepiece'].map((name) => [name, canImport(name)]),
);

/** Heap and buffers of the loaded tokenizer, in its own process. */
function memoryOf(vocabulary) {
  const path = join(folder, `${vocabulary}.json`);
  const run = spawnSync(process.execPath, ['--expose-gc', here('memory.mjs'), path]);
  return JSON.parse(run.stdout.toString());
}

const sections = [];
for (const work of tokenizerWorks(folder, values.peers)) {
  if (values.only && !work.vocabulary.includes(values.only)) continue;
  const contestants = work.contestants.filter(({ needs = [] }) =>
    needs.every((n) => usable.get(n)),
  );
  const names = Object.keys(corpora);
  const rows = await measureTokenizer(
    { ...work, contestants },
    {
      ...values,
      folder,
      corpora: names,
      rounds: Number(values.rounds),
      tasks: [...TASKS, 'load'],
    },
  );
  const section = tableOf(work.vocabulary, names, rows);
  process.stderr.write(`${section}\n`);
  sections.push({ section, vocabulary: work.vocabulary, memory: memoryOf(work.vocabulary) });
}

const machine = `${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, Node ${process.versions.node}, one thread, medians of ${values.rounds} interleaved rounds.`;
const page = [
  readFileSync(here('introduction.md'), 'utf8'),
  machine,
  '',
  ...sections.map(({ section }) => section),
  describeMemory(sections),
].join('\n');
if (values.out) writeFileSync(values.out, page);
else process.stdout.write(page);

// Measures @llm/tokenizer beside the tokenizers of npm, Python, Rust and C++: `node tools/bench/tokenizers/run.mjs`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readCorpora } from './corpora.mjs';
import { measureTokenizer } from './measure.mjs';
import { page, speedsTable } from './report.mjs';
import { mergeTable, readResults, writeResults } from './results.mjs';
import { writeVocabularies } from './vocabularies.mjs';
import { OWN_TASKS, TASKS, tokenizerWorks } from './works.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    python: { type: 'string', default: process.env.LLM_BENCH_PYTHON ?? 'python3' },
    models: { type: 'string', default: process.env.LLM_MODELS },
    peers: { type: 'string', default: process.env.LLM_BENCH_NODE ?? here('peers') },
    data: { type: 'string' },
    only: { type: 'string' },
    corpora: { type: 'string' },
    tasks: { type: 'string' },
    contestants: { type: 'string' },
    save: { type: 'string' },
    load: { type: 'string' },
    out: { type: 'string' },
  },
});
const listed = (list, name) => list === undefined || list.split(',').includes(name);

/** The folder with corpora and tables; made once if it has a name. */
function prepareData() {
  const folder = values.data ?? mkdtempSync(join(tmpdir(), 'llm-bench-'));
  if (existsSync(join(folder, 'english.json'))) return folder;
  mkdirSync(folder, { recursive: true });
  const corpora = readCorpora(values.peers);
  writeVocabularies(folder, { ...values, corpora });
  for (const [name, halves] of Object.entries(corpora))
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(halves));
  return folder;
}

function usablePython() {
  const canImport = (name) =>
    spawnSync(values.python, ['-c', `import ${name}`], { stdio: 'ignore' }).status === 0;
  return new Set(['tokenizers', 'tiktoken', 'sentencepiece'].filter(canImport));
}

/** What another program of this folder prints of a table of ours, in its own process. */
function ask(program, ...words) {
  const run = spawnSync(process.execPath, ['--expose-gc', here(program), ...words]);
  if (run.status !== 0) throw new Error(`bench: ${program}: ${run.stderr}`);
  return JSON.parse(run.stdout.toString());
}

function describeRun() {
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus()[0].model}, Node ${process.versions.node}, one thread, medians of ${values.rounds} interleaved rounds.`;
}

async function measureTable(work, folder, usable) {
  const contestants = work.contestants.filter(
    ({ label, needs = [] }) =>
      needs.every((name) => usable.has(name)) &&
      (label === 'ours' || listed(values.contestants, label.split(' (')[0])),
  );
  const corpora = ['english', 'chinese', 'code'].filter(
    (name) => listed(values.corpora, name) && existsSync(join(folder, `${name}.json`)),
  );
  const tasks = TASKS.filter((task) => listed(values.tasks, task));
  const options = { ...values, folder, corpora, rounds: Number(values.rounds), tasks };
  const measured =
    tasks.length > 0 ? await measureTokenizer({ ...work, contestants }, options) : {};
  const run = describeRun();
  const columns = Object.fromEntries(
    Object.entries(measured).map(([key, cells]) => [key, { cells, run }]),
  );
  const table = join(folder, `${work.vocabulary}.json`);
  const [worst, memory] = OWN_TASKS.map((task) => listed(values.tasks, task));
  return {
    columns,
    worst: worst ? ask('worst-cases.mjs', table, join(folder, 'english.json')) : undefined,
    memory: memory ? ask('memory.mjs', table) : undefined,
  };
}

async function measureAll(results) {
  const folder = prepareData();
  const usable = usablePython();
  for (const work of tokenizerWorks(folder, values.peers)) {
    const { vocabulary } = work;
    if (!listed(values.only, vocabulary)) continue;
    const measured = await measureTable(work, folder, usable);
    process.stderr.write(`${speedsTable(vocabulary, measured.columns)}\n`);
    for (const task of OWN_TASKS)
      if (measured[task]) process.stderr.write(`${task}: ${JSON.stringify(measured[task])}\n`);
    mergeTable(results, vocabulary, measured);
    if (values.save) writeResults(values.save, results);
  }
}

/** In the repository's format. */
async function writePage(path, text) {
  const { format, resolveConfig } = await import('prettier');
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), parser: 'markdown' }));
}

const results = readResults(values.load ?? values.save);
if (values.load === undefined) await measureAll(results);
const written = page(readFileSync(here('introduction.md'), 'utf8'), results);
if (values.out) await writePage(values.out, written);
else if (values.save === undefined) process.stdout.write(written);

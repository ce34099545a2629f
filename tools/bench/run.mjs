// Measures this toolkit beside its peers: `node tools/bench/run.mjs [--kind NAME] …`, kinds.mjs has the names.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measure } from './interleave.mjs';
import { KIND_NAMES, worksOf } from './kinds.mjs';
import { benchmarksPage, describeMachine, tableOf } from './report.mjs';
import { roundTripNanoseconds } from './thread-distance.mjs';

const { values } = parseArgs({
  options: {
    kind: {
      type: 'string',
      multiple: true,
      default: KIND_NAMES,
    },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    python: { type: 'string', default: process.env.LLM_BENCH_PYTHON ?? 'python3' },
    model: { type: 'string', default: process.env.LLM_BENCH_MODEL },
    embedder: { type: 'string', default: process.env.LLM_BENCH_EMBEDDER },
    only: { type: 'string' },
    who: { type: 'string' },
    save: { type: 'string' },
    load: { type: 'string', multiple: true, default: [] },
    out: { type: 'string' },
  },
});

function canImport(modules) {
  const code = modules.map((name) => `import ${name}`).join('; ');
  return spawnSync(values.python, ['-c', code], { stdio: 'ignore' }).status === 0;
}

const installed = new Map();
function isInstalled({ label, needs }) {
  if (!needs) return true;
  const key = needs.join(' ');
  if (!installed.has(key)) {
    installed.set(key, canImport(needs));
    if (!installed.get(key))
      process.stderr.write(`bench: ${label} left out: ${values.python} has no ${key}.\n`);
  }
  return installed.get(key);
}

/** Rows of one kind and number of threads, from several files, under one title. */
function mergeSections(parts) {
  const merged = new Map();
  for (const part of parts) {
    const key = `${part.kind} ${part.threads}`;
    const section = merged.get(key) ?? { ...part, rows: [] };
    section.rows.push(...part.rows);
    merged.set(key, section);
  }
  return [...merged.values()];
}

const threads = Number(values.threads);

const sections = mergeSections(
  values.load.map((file) => JSON.parse(readFileSync(file, 'utf8'))).flat(),
);
for (const kind of values.load.length > 0 ? [] : values.kind) {
  const rows = [];
  for (const work of worksOf(kind, values)) {
    if (values.only && !work.name.includes(values.only)) continue;
    const isWanted = ({ label }) => !values.who || label.includes(values.who);
    const contestants = work.contestants.filter(isWanted).filter(isInstalled);
    const distance = threads > 1 && work.flops ? await roundTripNanoseconds() : undefined;
    const results = await measure(
      { ...work, contestants },
      { rounds: Number(values.rounds), threads, python: values.python },
    );
    rows.push({ name: work.name, flops: work.flops, distance, results });
    process.stderr.write(
      `${work.name}: ${results.map((r) => `${r.label} ${(r.seconds * 1000).toFixed(1)} ms`).join(', ')}\n`,
    );
  }
  if (rows.length > 0) sections.push({ kind, threads, rows, machine: describeMachine(values) });
}

for (const section of sections) process.stdout.write(`${tableOf(section)}\n`);
if (values.save) writeFileSync(values.save, JSON.stringify(sections));
if (values.out) {
  const page = existsSync(values.out) ? readFileSync(values.out, 'utf8') : '';
  writeFileSync(values.out, benchmarksPage(sections, page));
}

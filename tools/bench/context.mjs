// Time to first token against the prompt's length, and the speed of decoding against what has been read, up
// to SmolLM2's 8,192 tokens, beside llama.cpp on the same file:
//   node tools/bench/context.mjs --model SmolLM2….gguf --save FILE [--points 16,128,…] [--rounds N]
//   node tools/bench/context.mjs --load FILE --load FILE --out docs/context.md     the page and its plot
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Contestant } from './contestant.mjs';
import { ours, python } from './contestants.mjs';
import { contextPage, contextPlot } from './context-page.mjs';
import { median } from './interleave.mjs';
import { describeMachine } from './report.mjs';

const NEW_TOKENS = 32;
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: process.env.LLM_BENCH_MODEL },
    python: { type: 'string', default: process.env.LLM_BENCH_PYTHON ?? 'python3' },
    points: { type: 'string', default: '16,128,512,1024,2048,4096,8160' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    save: { type: 'string' },
    load: { type: 'string', multiple: true, default: [] },
    out: { type: 'string' },
  },
});

const CONTESTANTS = [
  { ...ours('context.mjs', 'ours Q4_1'), settings: { weights: 'quantized' } },
  python('llama_cpp_context.py', 'llama.cpp Q4_1', ['llama_cpp']),
];

/** Medians of the rounds: { prompt, who: { label: { first, decode } }, ratio: ours ÷ theirs } */
async function measurePoints(points, rounds) {
  const shape = { modelPath: values.model, tokens: NEW_TOKENS };
  const settings = { threads: Number(values.threads), python: values.python };
  const contestants = CONTESTANTS.map((each) => new Contestant(each, shape, settings));
  try {
    for (const contestant of contestants) await contestant.ready();
    const seen = points.map(() => contestants.map(() => []));
    for (let round = 0; round < rounds; round++)
      for (const [p, prompt] of points.entries())
        for (const [c, contestant] of contestants.entries())
          seen[p][c].push(await contestant.ask(String(prompt)));
    return points.map((prompt, p) => rowOf(prompt, seen[p]));
  } finally {
    for (const contestant of contestants) contestant.close();
  }
}

function rowOf(prompt, runs) {
  const of = (c, what) => median(runs[c].map((run) => run[what]));
  const ratio = (what) => median(runs[0].map((run, i) => run[what] / runs[1][i][what]));
  return {
    prompt,
    rounds: runs[0].length,
    who: CONTESTANTS.map(({ label }, c) => ({
      label,
      first: of(c, 'first'),
      decode: of(c, 'decode'),
    })),
    ratio: { first: ratio('first'), decode: ratio('decode') },
  };
}

const loaded = values.load.map((file) => JSON.parse(readFileSync(file, 'utf8')));
const points = values.points.split(',').map(Number);
const sections =
  loaded.length > 0
    ? loaded
    : [
        {
          machine: describeMachine(values),
          rows: await measurePoints(points, Number(values.rounds)),
        },
      ];
if (values.save) writeFileSync(values.save, JSON.stringify(sections[0]));
const rows = sections.flatMap((section) => section.rows).sort((a, b) => a.prompt - b.prompt);
const { machine } = sections[0];
const page = contextPage({ rows, machine, newTokens: NEW_TOKENS });
process.stdout.write(page);
if (values.out) {
  writeFileSync(values.out, page);
  writeFileSync(values.out.replace(/\.md$/, '.svg'), contextPlot(rows));
}

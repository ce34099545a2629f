#!/usr/bin/env node
/**
 * Random hard strings through this repository's tokenizer and Rust `tokenizers`: ids, offsets and decoded text must be
 * equal. Build the package first. Prints the first differences of each kind and how many there were.
 *
 *   LLM_PEER_PYTHON=… node tools/checks/tokenizer-fuzz.mjs TOKENIZER_JSON [COUNT=10000] [SEED=1]
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '../../packages/tokenizer/dist/index.js';

const [path, count = '10000', seed = '1'] = process.argv.slice(2);
const python = process.env.LLM_PEER_PYTHON;
if (path === undefined || python === undefined) {
  console.error('usage: LLM_PEER_PYTHON=… tokenizer-fuzz.mjs TOKENIZER_JSON [COUNT] [SEED]');
  process.exit(2);
}
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const tokenizer = Tokenizer.fromJSON(readFileSync(path, 'utf8'));
const peer = spawn(python, [join(root, 'tools/fixtures/tokenizer_fuzz.py'), path, count, seed], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const wrong = { ids: 0, 'ids of encodeFull': 0, offsets: 0, text: 0 };
let done = 0;

/** UTF-16 units at each code point. */
function unitsOf(text) {
  const units = [0];
  for (const character of text) units.push(units.at(-1) + character.length);
  return units;
}

function compare(kind, text, ours, theirs) {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
  if (wrong[kind]++ < 3)
    console.log(
      `${kind} of ${JSON.stringify(text)}: expected ${JSON.stringify(theirs)}, got ${JSON.stringify(ours)}`,
    );
}

for await (const line of createInterface({ input: peer.stdout })) {
  const [text, ids, places, decoded] = JSON.parse(line);
  const units = unitsOf(text);
  const full = tokenizer.encodeFull(text, { truncation: false, padding: false });
  compare('ids', text, tokenizer.encode(text), ids);
  compare('ids of encodeFull', text, full.ids, ids);
  compare(
    'offsets',
    text,
    full.offsets.flat(),
    places.map((place) => units[place]),
  );
  compare('text', text, tokenizer.decode(ids), decoded);
  done++;
}
console.log(`${done} strings; differences: ${JSON.stringify(wrong)}`);
process.exitCode = done === Number(count) && Object.values(wrong).every((n) => n === 0) ? 0 : 1;

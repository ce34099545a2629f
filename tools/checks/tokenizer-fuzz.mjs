#!/usr/bin/env node
/**
 * Random hard strings through this repository's tokenizers and their peers: ids, offsets and decoded text must be equal.
 * The peer is Rust `tokenizers`, beside it tiktoken for rank files, and SentencePiece for .model files. Build the package
 * first. Prints a line for each tokenizer, and the first differences of each kind.
 *
 *   LLM_PEER_PYTHON=… node tools/checks/tokenizer-fuzz.mjs [--count 100000] [--seed 1] TOKENIZER…
 *
 * Where a byte-level vocabulary lacks a byte of the text, Rust's offsets shift by what it left out, and ours do not; such
 * strings are counted and their offsets are not compared. Nor are SentencePiece's ties, which float32 decides. A TOKENIZER is a tokenizer.json, a .model, a .tiktoken, or a folder with one, as `python
 * tools/fixtures/tokenizer_families.py FOLDER` makes them.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Tokenizer } from '../../packages/tokenizer/dist/index.js';

const { values, positionals } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
  allowPositionals: true,
});
const python = process.env.LLM_PEER_PYTHON;
if (positionals.length === 0 || python === undefined) {
  console.error(
    'usage: LLM_PEER_PYTHON=… tokenizer-fuzz.mjs [--count N] [--seed N] TOKENIZER_OR_FOLDER…',
  );
  process.exit(2);
}
const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), '../fixtures/tokenizer_fuzz.py');

/** UTF-16 units at each code point. */
function unitsOf(text) {
  const units = [0];
  for (const character of text) units.push(units.at(-1) + character.length);
  return units;
}

function fileOf(path) {
  if (!statSync(path).isDirectory()) return path;
  const name = readdirSync(path).find((file) =>
    /tokenizer\.json$|\.model$|\.tiktoken$/u.test(file),
  );
  if (name === undefined) throw new Error(`tokenizer-fuzz: ${path}: expected a tokenizer.`);
  return join(path, name);
}

/** What the peer's script is given: tiktoken's ranks go to Rust as a tokenizer.json of ours. */
async function peerArguments(file, tokenizer, scratch) {
  if (!file.endsWith('.tiktoken')) return [file, values.count, values.seed];
  const written = join(scratch, 'tokenizer.json');
  await tokenizer.save(written);
  return [written, values.count, values.seed, file];
}

class Differences {
  #counts = { ids: 0, 'ids of encodeFull': 0, offsets: 0, text: 0 };
  /** Strings with a byte that the vocabulary lacks. */
  lacking = 0;
  /** Strings that two ways of equal probability write. */
  ties = 0;

  compare(kind, text, ours, theirs) {
    if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
    if (this.#counts[kind]++ < 3)
      console.log(
        `  ${kind} of ${JSON.stringify(text)}: expected ${JSON.stringify(theirs)}, got ${JSON.stringify(ours)}`,
      );
  }

  get total() {
    return Object.values(this.#counts).reduce((sum, count) => sum + count);
  }

  toString() {
    const kinds = Object.entries(this.#counts).filter(([, count]) => count > 0);
    const list = kinds.map(([kind, count]) => `${count} ${kind}`).join(', ');
    const ties = this.ties > 0 ? `; ${this.ties} ties within float32's precision` : '';
    const lacking =
      this.lacking > 0 ? `; offsets of ${this.lacking} with missing bytes left out` : '';
    return `${this.total} differences${list && ` (${list})`}${lacking}${ties}`;
  }
}

function compareRow(tokenizer, options, [text, ids, places, decoded], differences) {
  if (places === null && isTie(tokenizer, tokenizer.encode(text, options), ids))
    return void differences.ties++;
  const full = tokenizer.encodeFull(text, { ...options, truncation: false, padding: false });
  differences.compare('ids', text, tokenizer.encode(text, options), ids);
  differences.compare('ids of encodeFull', text, full.ids, ids);
  if (lacksBytes(tokenizer, text)) differences.lacking++;
  else if (places !== null) {
    const units = unitsOf(text);
    const expected = places.map((place) => units[place]);
    differences.compare('offsets', text, full.offsets.flat(), expected);
  }
  if (decoded !== null) differences.compare('text', text, tokenizer.decode(ids), decoded);
}

/** SentencePiece adds Unigram's scores in float32, from the text's beginning on; so the last bits depend on all before. */
function isTie({ definition: { model } }, ours, theirs) {
  if (model.pieces === undefined || JSON.stringify(ours) === JSON.stringify(theirs)) return false;
  const score = (ids) => ids.reduce((sum, id) => sum + model.pieces[id][1], 0);
  return Math.abs(score(ours) - score(theirs)) < 1e-6 * Math.abs(score(ours));
}

/** Whether a byte-level vocabulary has no token for some byte of the text, which then does not come back. */
function lacksBytes(tokenizer, text) {
  const { preTokenizer, normalizer } = tokenizer.definition;
  if (normalizer !== null || !JSON.stringify(preTokenizer).includes('ByteLevel')) return false;
  return tokenizer.decode(tokenizer.encode(text, { addSpecialTokens: false })) !== text;
}

async function fuzz(path) {
  const scratch = mkdtempSync(join(tmpdir(), 'tokenizer-fuzz-'));
  const file = fileOf(path);
  const tokenizer = await Tokenizer.load(file);
  const peer = spawn(python, [SCRIPT, ...(await peerArguments(file, tokenizer, scratch))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // In text SentencePiece never reads control and unknown pieces.
  const options = file.endsWith('.model') ? { allowedSpecial: [] } : {};
  const differences = new Differences();
  let done = 0;
  for await (const line of createInterface({ input: peer.stdout })) {
    compareRow(tokenizer, options, JSON.parse(line), differences);
    done++;
  }
  rmSync(scratch, { recursive: true });
  console.log(`${basename(path)}: ${done} strings, ${differences}`);
  return done === Number(values.count) && differences.total === 0;
}

for (const path of positionals) if (!(await fuzz(path))) process.exitCode = 1;

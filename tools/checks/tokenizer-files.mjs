#!/usr/bin/env node
/**
 * Saves tokenizers in every format that holds them and has the format's own library read them back: Rust `tokenizers`
 * and Transformers (tokenizer.json), SentencePiece (.model), tiktoken (.tiktoken), llama.cpp (GGUF). The ids must be
 * ours, but for differences that are known, which are counted by name with their reasons. Build the package first; `tools/fixtures/tokenizer_families.py FOLDER` makes tokenizers.
 *
 *   LLM_PEER_PYTHON=… node tools/checks/tokenizer-files.mjs TOKENIZER_FOLDER…
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Tokenizer,
  trainBpe,
  trainUnigram,
  trainWordPiece,
  UnsupportedComponentError,
} from '../../packages/tokenizer/dist/index.js';

const python = process.env.LLM_PEER_PYTHON;
const folders = process.argv.slice(2);
if (python === undefined) {
  console.error('usage: LLM_PEER_PYTHON=… tokenizer-files.mjs TOKENIZER_FOLDER…');
  process.exit(2);
}
const fixtures = join(dirname(fileURLToPath(import.meta.url)), '../fixtures');
const printTexts =
  'import json; from tokenizer_fuzz import random_texts; from tokenizer_texts import TEXTS, as_utf8; print(json.dumps([as_utf8(t) for t in TEXTS] + list(random_texts(300, 3))))';
const texts = JSON.parse(
  spawnSync(python, ['-c', printTexts], { cwd: fixtures, maxBuffer: 2 ** 28 }).stdout,
)
  // Two ways to write a longer run of one letter are equally probable to Unigram, but for the last bit.
  .filter((text) => text.length < 250);
const scratch = mkdtempSync(join(tmpdir(), 'tokenizer-files-'));

/** Runs `save`; false where the format does not hold the tokenizer. */
async function fits(save) {
  try {
    await save();
    return true;
  } catch (error) {
    if (error instanceof UnsupportedComponentError) return false;
    throw error;
  }
}

/** As JSON for Python, which writes the file: a value's kind says its type there. */
function plain(metadata) {
  const typed = ([key, value]) => {
    if (value instanceof Float32Array) return [key, 'float32[]', [...value]];
    if (value instanceof Int32Array) return [key, 'int32[]', [...value]];
    if (value instanceof Uint8Array) return [key, 'uint8[]', [...value]];
    return [key, Array.isArray(value) ? 'string[]' : typeof value, value];
  };
  return [...metadata].map(typed);
}

async function save(name, tokenizer) {
  const folder = join(scratch, name);
  mkdirSync(folder);
  await tokenizer.save(folder);
  await fits(() => tokenizer.save(join(folder, 'saved.model')));
  await fits(() => tokenizer.save(join(folder, 'saved.tiktoken')));
  await fits(() =>
    writeFileSync(join(folder, 'gguf.json'), JSON.stringify(plain(tokenizer.toGgufMetadata()))),
  );
  // A tokenizer.json of a .model file is what Rust makes of it, which normalizes in its own way.
  const again = Tokenizer.fromJSON(JSON.stringify(tokenizer.toJSON()));
  const ids = texts.map((text) => again.encode(text));
  const ownIds = texts.map((text) => tokenizer.encode(text));
  // In text SentencePiece never reads control and unknown pieces.
  const options = { addSpecialTokens: false, allowedSpecial: [] };
  const plainIds = texts.map((text) => tokenizer.encode(text, options));
  writeFileSync(join(folder, 'ids.json'), JSON.stringify({ texts, ids, ownIds, plainIds }));
  return folder;
}

const saved = [];
for (const folder of folders)
  saved.push(await save(basename(folder), await Tokenizer.load(folder)));
const corpus = texts.filter((text) => text.length < 200 && !text.includes('\0'));
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: false };
saved.push(
  await save('trained-bpe', await trainBpe(corpus, { vocabSize: 900, specialTokens: ['<end>'], eosToken: '<end>' })), // prettier-ignore
  await save('trained-characters', await trainBpe(corpus, { vocabSize: 900, preTokenizer: metaspace, byteFallback: true, unkToken: '<unk>' })), // prettier-ignore
  await save('trained-wordpiece', await trainWordPiece(corpus, { vocabSize: 900 })),
  await save('trained-unigram', await trainUnigram(corpus, { vocabSize: 1500 })),
);
const script = join(fixtures, 'check_saved_tokenizers.py');
const { status } = spawnSync(python, [script, ...saved], { stdio: 'inherit' });
rmSync(scratch, { recursive: true });
process.exitCode = status ?? 1;

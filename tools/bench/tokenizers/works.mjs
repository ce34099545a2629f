// Which tokenizers are measured with which peers.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUST = 'tokenizers/rust/target/release/tokenizer-peers';
const bench = fileURLToPath(new URL('..', import.meta.url));

const ours = {
  label: 'ours',
  command: 'node',
  flags: ['--expose-gc'],
  program: 'tokenizers/ours.mjs',
};
const node = (library, label = library) => ({
  label: `${label} (npm)`,
  command: 'node',
  flags: ['--expose-gc'],
  program: 'tokenizers/peers.mjs',
  settings: { library },
  package: library,
});
const python = (library, label) => ({
  label,
  command: 'python',
  program: 'tokenizers/peers.py',
  needs: [library],
  settings: { library },
});
const rust = (library) => ({
  label: `${library} (Rust)`,
  command: 'binary',
  program: RUST,
  settings: { library },
});

const bpeOpenai = rust('bpe-openai');
const kitoken = rust('kitoken');
const huggingFace = python('tokenizers', 'tokenizers (Rust, Python)');
const tiktoken = python('tiktoken', 'tiktoken (Rust, Python)');
const sentencePiece = python('sentencepiece', 'sentencepiece (C++, Python)');
const huggingFaceJs = node('@huggingface/tokenizers');
const kitokenJs = node('kitoken', 'kitoken wasm');
const openaiJs = [node('gpt-tokenizer'), node('js-tiktoken'), node('tiktoken', 'tiktoken wasm')];

/** Text goes through all; in `unigram` and the like the fastest peers are the ones to beat. */
const PEERS = {
  gpt2: [tiktoken, kitoken, huggingFace, ...openaiJs, huggingFaceJs, kitokenJs],
  cl100k: [bpeOpenai, tiktoken, kitoken, huggingFace, ...openaiJs, huggingFaceJs, kitokenJs],
  o200k: [bpeOpenai, tiktoken, kitoken, huggingFace, ...openaiJs, huggingFaceJs, kitokenJs],
  qwen3: [kitoken, huggingFace, huggingFaceJs, kitokenJs],
  spbpe: [sentencePiece, kitoken, huggingFace, huggingFaceJs, kitokenJs],
  bert: [kitoken, huggingFace, huggingFaceJs, kitokenJs],
  unigram: [sentencePiece, kitoken, huggingFace, huggingFaceJs, kitokenJs],
};

export const TITLES = {
  gpt2: 'GPT-2',
  cl100k: 'cl100k',
  o200k: 'o200k',
  qwen3: 'Qwen 3 (151,643 tokens)',
  spbpe: 'SentencePiece BPE, byte fallback, 32,000 pieces',
  bert: 'BERT uncased, WordPiece',
  unigram: 'SentencePiece Unigram, nmt_nfkc, 32,000 pieces',
};

/** Measured beside the peers, and of ours alone. */
export const TASKS = ['encode-new', 'encode', 'decode', 'load'];
export const OWN_TASKS = ['worst', 'memory'];

/** The columns that were measured, corpus by corpus. */
export function columnsOf(columns) {
  const speeds = ['english', 'chinese', 'code'].flatMap((corpus) =>
    TASKS.slice(0, 3).map((task) => `${corpus} ${task}`),
  );
  return [...speeds, 'load'].filter((key) => columns[key] !== undefined);
}

export const labelsOf = (vocabulary) => [ours, ...PEERS[vocabulary]].map(({ label }) => label);

/** @returns the tokenizers whose files lie in `folder`, each with the contestants that are there */
export function tokenizerWorks(folder, peers) {
  const isThere = (contestant) => {
    if (contestant.package !== undefined)
      return existsSync(join(peers, 'node_modules', contestant.package));
    return contestant.command !== 'binary' || existsSync(join(bench, contestant.program));
  };
  return Object.entries(PEERS)
    .filter(([vocabulary]) => existsSync(join(folder, `${vocabulary}.json`)))
    .map(([vocabulary, contestants]) => ({
      vocabulary,
      contestants: [ours, ...contestants.filter(isThere)],
    }));
}

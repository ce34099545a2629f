/** Trains a WordLevel tokenizer: the most frequent words, equal counts by code point. Equals Rust's WordLevelTrainer. */
import type { Tokenizer } from '../tokenizer.ts';
import { Vocabulary } from '../vocabulary.ts';
import { WordLevelModel } from '../wordlevel/word-level-model.ts';
import { buildTrained } from './build-tokenizer.ts';
import type { CorpusOptions, Texts } from './corpus-words.ts';
import { byCodePoint, checkVocabSize, countPieces, withThreads } from './corpus-words.ts';

export interface TrainWordLevelOptions extends CorpusOptions {
  /** Tokens in all. @default 30000 */
  readonly vocabSize?: number;
  /** Rarer words are left out. @default 0 */
  readonly minFrequency?: number;
}

const DEFAULT_PRE_TOKENIZER = { type: 'Whitespace' };

export async function trainWordLevel(
  texts: Texts,
  options: TrainWordLevelOptions = {},
): Promise<Tokenizer> {
  const { vocabSize = 30_000, minFrequency = 0, unkToken = '[UNK]' } = options;
  const specialTokens = options.specialTokens ?? [unkToken];
  const filled = {
    ...options,
    unkToken,
    specialTokens,
    preTokenizer: options.preTokenizer ?? DEFAULT_PRE_TOKENIZER,
  };
  checkVocabSize('trainWordLevel', vocabSize, specialTokens.length);
  const name = 'trainWordLevel';
  const counts = await withThreads(options, name, (team) => countPieces(texts, filled, name, team));
  const words = [...counts]
    .filter(([, count]) => count >= minFrequency)
    .sort(([a, m], [b, n]) => n - m || byCodePoint(a, b))
    .map(([word]) => word);
  const tokens = [...new Set([...specialTokens, ...words])].slice(0, vocabSize);
  const model = new WordLevelModel(Vocabulary.fromTokens(tokens), unkToken);
  return buildTrained(model, filled, {});
}

/** The trainers against Rust `tokenizers` and SentencePiece (tools/fixtures/tokenizer_trainers.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tokenizer } from '../index.ts';
import type { BpeModel } from '../bpe/bpe-model.ts';
import { trainBpe, trainUnigram, trainWordLevel, trainWordPiece } from '../index.ts';
import type { UnigramModel } from '../unigram/unigram-model.ts';
import { countPieces, withThreads } from './corpus-words.ts';
import { digamma, expectCounts } from './unigram-em.ts';
import { seedPieces } from './unigram-seeds.ts';

interface RustCase {
  corpus: string;
  options: { vocab_size: number; min_frequency?: number; limit_alphabet?: number };
  specialTokens: string[];
  tokens: string[];
}
interface CharacterCase extends RustCase {
  options: RustCase['options'] & { max_token_length?: number; initial_alphabet?: string[] };
  affixes: { continuing_subword_prefix?: string; end_of_word_suffix?: string };
  preTokenizer: unknown;
  merges: [string, string][];
}
interface Fixture {
  characterBpe: CharacterCase[];
  wordPiece: RustCase[];
  wordLevel: RustCase[];
  unigram: { corpus: string; lines: string[]; vocabSize: number; pieces: [string, number][] }[];
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8'));
}

const fixture = read('trainers.json') as Fixture;
const { corpora } = read('bpe-training.json') as { corpora: Record<string, string[]> };

function tokensOf(tokenizer: Tokenizer): (string | undefined)[] {
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id));
}

function optionsOf({ options }: RustCase) {
  return {
    vocabSize: options.vocab_size,
    minFrequency: options.min_frequency ?? 0,
    ...(options.limit_alphabet === undefined ? {} : { limitAlphabet: options.limit_alphabet }),
  };
}

describe('trainBpe over characters', () => {
  it.each(fixture.characterBpe.map((item) => [item.corpus, item.options, item] as const))(
    'learns the merges of the Rust library: %s, %j',
    async (_, __, item) => {
      const { options, affixes, specialTokens, preTokenizer } = item;
      const tokenizer = await trainBpe(corpora[item.corpus] as string[], {
        ...optionsOf(item),
        specialTokens,
        preTokenizer,
        maxTokenLength: options.max_token_length ?? Infinity,
        initialAlphabet: options.initial_alphabet ?? [],
        continuingSubwordPrefix: affixes.continuing_subword_prefix ?? '',
        endOfWordSuffix: affixes.end_of_word_suffix ?? '',
      });
      expect((tokenizer.definition.model as BpeModel).merges).toEqual(item.merges);
      expect(tokensOf(tokenizer)).toEqual(item.tokens);
    },
  );

  it('gives any text back with byte fallback, as Llama does', async () => {
    const tokenizer = await trainBpe(['the cat sat', 'the hat'], {
      vocabSize: 290,
      specialTokens: ['<s>'],
      unkToken: '<unk>',
      byteFallback: true,
      preTokenizer: { type: 'Metaspace', prepend_scheme: 'always', split: false },
    });
    expect(tokensOf(tokenizer).slice(0, 4)).toEqual(['<s>', '<unk>', '<0x00>', '<0x01>']);
    const text = 'the cat\n naïve \u{1f600}';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.encodeFull('é').tokens).toEqual(['▁', '<0xC3>', '<0xA9>']);
  });

  it('marks the ends of words where a suffix is asked for', async () => {
    const tokenizer = await trainBpe(['low lower low'], {
      vocabSize: 12,
      preTokenizer: { type: 'Whitespace' },
      endOfWordSuffix: '</w>',
    });
    expect(tokenizer.encodeFull('low lower').tokens).toContain('low</w>');
    expect(tokenizer.decode(tokenizer.encode('low lower'))).toBe('low lower');
  });
});

describe('trainWordPiece', () => {
  it.each(fixture.wordPiece.map((item) => [item.corpus, item.options, item] as const))(
    'learns the tokens of the Rust library: %s, %j',
    async (_, __, item) => {
      const { specialTokens } = item;
      const texts = corpora[item.corpus] as string[];
      const tokenizer = await trainWordPiece(texts, { ...optionsOf(item), specialTokens });
      expect(tokensOf(tokenizer)).toEqual(item.tokens);
    },
  );

  it('without options gives a BERT that reads its own corpus', async () => {
    const tokenizer = await trainWordPiece(['Low lower lowest', 'low'], { vocabSize: 40 });
    expect(tokensOf(tokenizer).slice(0, 5)).toEqual(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']);
    expect(tokenizer.decode(tokenizer.encode('Low LOWER'))).toBe('low lower');
    expect(tokenizer.decode(tokenizer.encode('x'))).toBe('[UNK]');
  });
});

describe('trainWordLevel', () => {
  it.each(fixture.wordLevel.map((item) => [item.corpus, item.options, item] as const))(
    'learns the tokens of the Rust library: %s, %j',
    async (_, __, item) => {
      const tokenizer = await trainWordLevel(corpora[item.corpus] as string[], optionsOf(item));
      expect(tokensOf(tokenizer)).toEqual(item.tokens);
    },
  );
});

describe('trainUnigram', () => {
  /** Of the corpus: the sum over its words of the log of all ways to write them. */
  async function logLikelihood(lines: string[], pieces: readonly (readonly [string, number])[]) {
    const preTokenizer = { type: 'Metaspace', prepend_scheme: 'always' };
    const options = { preTokenizer };
    const counts = await withThreads({}, 'test', (team) =>
      countPieces(lines, options, 'test', team),
    );
    const words = { texts: [...counts.keys()], counts: Float64Array.from(counts.values()) };
    const scores = Float64Array.from(pieces, ([, score]) => score);
    const texts = pieces.map(([piece], id) => (id === 0 ? '' : piece)); // <unk> stands in no text
    return expectCounts(words, { pieces: texts, scores }, -100).logLikelihood;
  }

  it.each(fixture.unigram.map((item) => [item.vocabSize, item] as const))(
    "reaches SentencePiece's likelihood with %i pieces",
    async (vocabSize, { lines, pieces }) => {
      const tokenizer = await trainUnigram(lines, { vocabSize });
      const model = tokenizer.definition.model as UnigramModel;
      expect(model.vocabSize).toBe(vocabSize);
      const theirs = await logLikelihood(lines, pieces);
      const ours = await logLikelihood(lines, model.pieces);
      // Both are negative; ours may be better, or worse by one part in a thousand.
      expect(ours).toBeGreaterThan(theirs * 1.001);
    },
  );

  it('gives the text back, and the unknown token for what it never saw', async () => {
    const { lines } = fixture.unigram[0] as Fixture['unigram'][number];
    const tokenizer = await trainUnigram(lines, { vocabSize: 120, specialTokens: ['</s>'] });
    const text = lines[0] as string;
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.encode('中')).toContain(tokenizer.tokenToId('<unk>'));
    expect(tokenizer.encode('</s>')).toEqual([1]);
  });

  it('is refused where the size does not hold all characters', async () => {
    await expect(trainUnigram(['abcdef'], { vocabSize: 5 })).rejects.toThrow(/at least 8, got 5/);
  });
});

describe('the steps of Unigram training', () => {
  it('begin with characters and branching substrings', () => {
    // abc, abd: "ab" goes on as c and d; "b" too, but is a character. "ca" occurs once.
    const counts = new Map([
      ['abc', 3],
      ['abd', 1],
    ]);
    const seeds = seedPieces(counts, { seedSize: 10, maxPieceLength: 16 });
    expect(seeds).toEqual([
      { piece: 'a', score: 4 },
      { piece: 'b', score: 4 },
      { piece: 'c', score: 3 },
      { piece: 'd', score: 1 },
      { piece: 'ab', score: 4 },
    ]);
  });

  it('count a piece by its probability', () => {
    // ab with P(ab) = 0.5, P(a) = P(b) = 0.4: 0.5 / (0.5 + 0.16) of 2 words are whole.
    const scores = Float64Array.of(Math.log(0.5), Math.log(0.4), Math.log(0.4));
    const words = { texts: ['ab'], counts: Float64Array.of(2) };
    const { counts, logLikelihood } = expectCounts(
      words,
      { pieces: ['ab', 'a', 'b'], scores },
      -20,
    );
    expect(counts[0]).toBeCloseTo((2 * 0.5) / 0.66, 12);
    expect(counts[1]).toBeCloseTo((2 * 0.16) / 0.66, 12);
    expect(logLikelihood).toBeCloseTo(2 * Math.log(0.66), 12);
  });

  it('use the digamma function', () => {
    // ψ(1) = −γ, ψ(n + 1) = ψ(n) + 1/n, ψ(1/2) = −γ − 2 ln 2.
    const gamma = 0.5772156649015329;
    expect(digamma(1)).toBeCloseTo(-gamma, 9);
    expect(digamma(5)).toBeCloseTo(-gamma + 1 + 1 / 2 + 1 / 3 + 1 / 4, 9);
    expect(digamma(0.5)).toBeCloseTo(-gamma - 2 * Math.LN2, 9);
  });
});

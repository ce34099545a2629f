/**
 * Trains a BPE tokenizer, byte-level (here) or over characters (`train-character-bpe.ts`). The corpus is streamed: only its different words are kept. The result depends on
 * nothing but the texts and the options, and equals what Rust `tokenizers` learns from the same input.
 */
import { BYTE_CHARACTERS } from '../bpe/byte-alphabet.ts';
import type { Merge } from '../bpe/merges.ts';
import { BpeModel } from '../bpe/bpe-model.ts';
import { TokenizerError } from '../errors.ts';
import { isObject } from '../io/json-fields.ts';
import { Tokenizer } from '../tokenizer.ts';
import { Vocabulary } from '../vocabulary.ts';
import type { CorpusOptions, Texts } from './corpus-words.ts';
import { countTexts, withThreads } from './corpus-words.ts';
import { joinBytes } from './join-counts.ts';
import type { Words } from './learn-merges.ts';
import { learnMerges } from './learn-merges.ts';
import type { CountedBytes, CountJob } from './text-counter.ts';
import { trainCharacterBpe } from './train-character-bpe.ts';

export interface TrainBpeOptions extends Omit<CorpusOptions, 'preTokenizer'> {
  /** Tokens in all: special ones, alphabet, merges. @default 30000 */
  readonly vocabSize?: number;
  /** Pairs seen less often are not merged. @default 0 */
  readonly minFrequency?: number;
  /**
   * Byte-level: all 256 bytes, so that any text can be encoded, or only the bytes of the corpus. @default 'bytes'
   * Over characters: those that are tokens even if the corpus lacks them. @default []
   */
  readonly initialAlphabet?: 'bytes' | 'seen' | readonly string[];
  /** Keep only the most frequent symbols of the alphabet. @default no limit */
  readonly limitAlphabet?: number;
  /** No merge makes a token of this many bytes (or characters) or more. @default no limit */
  readonly maxTokenLength?: number;
  /** A pre-tokenizer of tokenizer.json. Unless it ends in ByteLevel, BPE is over characters. @default GPT-2's ByteLevel */
  readonly preTokenizer?: unknown;
  /** Over characters: a token `<0xNN>` for each byte, for characters that the vocabulary lacks. @default false */
  readonly byteFallback?: boolean;
  /** Over characters: written before those inside a word. @default none */
  readonly continuingSubwordPrefix?: string;
  /** Over characters: written after the last of a word. @default none */
  readonly endOfWordSuffix?: string;
}

const BYTE_LEVEL = {
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: true,
};

/** @param texts Documents, or parts of documents: no word goes across from one to the next. */
export async function trainBpe(texts: Texts, options: TrainBpeOptions = {}): Promise<Tokenizer> {
  const { preTokenizer = BYTE_LEVEL } = options;
  checkSpecials(options);
  if (!endsInByteLevel(preTokenizer)) return trainCharacterBpe(texts, { ...options, preTokenizer });
  checkVocabSize(options);
  const counter = await countWords(texts, options);
  const alphabet = chooseAlphabet(counter, options);
  const tokens = [...new Set([...(options.specialTokens ?? []), ...alphabet])];
  const { vocabSize = 30_000, onProgress } = options;
  const merges = learnMerges(wordsOf(counter, tokens), tokens, {
    vocabSize,
    minFrequency: options.minFrequency ?? 0,
    maxTokenLength: options.maxTokenLength ?? Number.POSITIVE_INFINITY,
    onMerge: (done) => {
      options.signal?.throwIfAborted();
      onProgress?.({ phase: 'merge', done, total: vocabSize });
    },
  });
  return buildTokenizer(tokens, merges, options);
}

function checkVocabSize({ vocabSize = 30_000, ...options }: TrainBpeOptions): void {
  const { specialTokens = [], initialAlphabet, limitAlphabet } = options;
  const least = specialTokens.length + (initialAlphabet === 'seen' ? 0 : BYTE_CHARACTERS.length);
  if (Number.isInteger(vocabSize) && (limitAlphabet !== undefined || vocabSize >= least)) return;
  throw new TokenizerError(
    `trainBpe: vocabSize: expected a whole number of at least ${least} (special tokens and bytes), got ${vocabSize}.`,
  );
}

function checkSpecials({ specialTokens = [] }: TrainBpeOptions): void {
  if (!specialTokens.includes('')) return;
  throw new TokenizerError('trainBpe: specialTokens: expected texts, got an empty one. Remove it.');
}

function endsInByteLevel(json: unknown): boolean {
  if (!isObject(json)) return false;
  const steps = json['pretokenizers'];
  return Array.isArray(steps) ? endsInByteLevel(steps.at(-1)) : json['type'] === 'ByteLevel';
}

async function countWords(texts: Texts, options: TrainBpeOptions): Promise<CountedBytes> {
  const name = 'trainBpe';
  const { normalizer = null, preTokenizer = BYTE_LEVEL } = options;
  const job: CountJob = { unit: 'bytes', normalizer, preTokenizer, name };
  return withThreads(options, name, async (team) =>
    joinBytes((await countTexts(texts, job, options, team)) as CountedBytes[]),
  );
}

/** The alphabet's characters, sorted by code point. */
function chooseAlphabet(counter: CountedBytes, options: TrainBpeOptions): string[] {
  const seen = new Float64Array(256);
  const { bytes, starts, counts } = counter;
  counts.forEach((count, word) => {
    for (let i = starts[word] as number; i < (starts[word + 1] as number); i++) {
      const byte = bytes[i] as number;
      seen[byte] = (seen[byte] as number) + count;
    }
  });
  const isInitial = options.initialAlphabet !== 'seen';
  const kept = BYTE_CHARACTERS.map((character, byte) => ({
    character,
    count: seen[byte] as number,
  }))
    .filter(({ count }) => isInitial || count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, options.limitAlphabet);
  return kept.map(({ character }) => character).sort((a, b) => (a < b ? -1 : 1));
}

/** The words as ids of their bytes; bytes outside the alphabet are left out. */
function wordsOf(counter: CountedBytes, tokens: readonly string[]): Words {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const byteIds = BYTE_CHARACTERS.map((character) => ids.get(character) ?? -1);
  const symbols = new Int32Array(counter.starts.at(-1) as number);
  const lengths = new Int32Array(counter.counts.length);
  for (let word = 0; word < counter.counts.length; word++) {
    let write = counter.starts[word] as number;
    for (let i = write; i < (counter.starts[word + 1] as number); i++) {
      const id = byteIds[counter.bytes[i] as number] as number;
      if (id >= 0) symbols[write++] = id;
    }
    lengths[word] = write - (counter.starts[word] as number);
  }
  return { symbols, starts: counter.starts, lengths, counts: counter.counts };
}

function buildTokenizer(
  tokens: readonly string[],
  merges: readonly (readonly [number, number])[],
  options: TrainBpeOptions,
): Tokenizer {
  const pairs = merges.map(([left, right]): Merge => [
    tokens[left] as string,
    tokens[right] as string,
  ]);
  const { bosToken, eosToken, padToken, unkToken, chatTemplate } = options;
  const definition = {
    model: new BpeModel(Vocabulary.fromTokens(tokens), pairs),
    addedTokens: (options.specialTokens ?? []).map((content) => ({
      id: tokens.indexOf(content),
      content,
      special: true,
      singleWord: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: options.normalizer ?? null,
    preTokenizer: options.preTokenizer ?? BYTE_LEVEL,
    postProcessor: { ...BYTE_LEVEL, trim_offsets: false },
    decoder: BYTE_LEVEL,
    truncation: null,
    padding: null,
  };
  return new Tokenizer(definition, { bosToken, eosToken, padToken, unkToken, chatTemplate });
}

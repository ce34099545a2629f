/**
 * BPE over characters, as SentencePiece-style and older tokenizers have it: any pre-tokenizer but ByteLevel, characters
 * that the vocabulary lacks as `<0xNN>` bytes or unknown. Merge for merge as Rust's BpeTrainer; symbols with an affix
 * come after the alphabet, sorted, where Rust has them in the order of a random hash.
 */
import type { Merge } from '../bpe/merges.ts';
import { BpeModel } from '../bpe/bpe-model.ts';
import { isObject } from '../io/json-fields.ts';
import type { Tokenizer } from '../tokenizer.ts';
import { Vocabulary } from '../vocabulary.ts';
import { buildTrained } from './build-tokenizer.ts';
import { characterWords, chooseCharacters } from './character-words.ts';
import type { Texts } from './corpus-words.ts';
import { checkVocabSize, countPieces, withThreads } from './corpus-words.ts';
import { learnMerges } from './learn-merges.ts';
import type { TrainBpeOptions } from './train-bpe.ts';

const NAME = 'trainBpe';
const BYTES = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);

export async function trainCharacterBpe(
  texts: Texts,
  options: TrainBpeOptions & { readonly preTokenizer: unknown },
): Promise<Tokenizer> {
  const { vocabSize = 30_000, byteFallback = false, unkToken, initialAlphabet } = options;
  const { continuingSubwordPrefix: prefix = '', endOfWordSuffix: suffix = '' } = options;
  const named = unkToken === undefined ? [] : [unkToken];
  const specialTokens = [...new Set([...(options.specialTokens ?? []), ...named])];
  checkVocabSize(NAME, vocabSize, specialTokens.length + (byteFallback ? BYTES.length : 0));
  const counts = await withThreads(options, NAME, (team) =>
    countPieces(texts, options, NAME, team),
  );
  const alphabet = chooseCharacters(counts, {
    initialAlphabet: typeof initialAlphabet === 'object' ? initialAlphabet : [],
    limitAlphabet: options.limitAlphabet,
  });
  const tokens = [...new Set([...specialTokens, ...(byteFallback ? BYTES : []), ...alphabet])];
  const words = characterWords(counts, tokens, new Set(alphabet), { prefix, suffix });
  const merges = learnMerges(words, tokens, {
    vocabSize,
    minFrequency: options.minFrequency ?? 0,
    maxTokenLength: options.maxTokenLength ?? Number.POSITIVE_INFINITY,
    continuingPrefix: prefix,
    onMerge: (done) => {
      options.signal?.throwIfAborted();
      options.onProgress?.({ phase: 'merge', done, total: vocabSize });
    },
  });
  const pairs = merges.map((pair) => pair.map((id) => tokens[id] as string) as unknown as Merge);
  const model = new BpeModel(Vocabulary.fromTokens(tokens), pairs, {
    unkToken,
    byteFallback,
    fuseUnk: unkToken !== undefined,
    continuingSubwordPrefix: prefix === '' ? undefined : prefix,
    endOfWordSuffix: suffix === '' ? undefined : suffix,
  });
  const filled = { ...options, specialTokens };
  return buildTrained(model, filled, { decoder: decoderJson(options, suffix, prefix) });
}

/** What undoes the pre-tokenizer: ▁ or the suffix are blanks, bytes are characters again. */
function decoderJson(options: TrainBpeOptions, suffix: string, prefix: string): unknown {
  if (suffix !== '') return { type: 'BPEDecoder', suffix };
  if (prefix !== '') return { type: 'WordPiece', prefix, cleanup: false };
  const { preTokenizer, byteFallback } = options;
  const isMeta = isObject(preTokenizer) && preTokenizer['type'] === 'Metaspace';
  if (!isMeta) return byteFallback ? { type: 'Sequence', decoders: BYTE_DECODERS } : null;
  if (!byteFallback) return preTokenizer;
  const replacement = preTokenizer['replacement'] ?? '\u2581';
  const strips = preTokenizer['prepend_scheme'] !== 'never';
  return {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: replacement }, content: ' ' },
      ...BYTE_DECODERS,
      ...(strips ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
    ],
  };
}

const BYTE_DECODERS = [{ type: 'ByteFallback' }, { type: 'Fuse' }];

/**
 * The fast paths of SentencePiece's models, BPE and Unigram, behind the pre-tokenizers that they come with: Metaspace, or
 * none after a normalizer that writes ▁ for blanks.
 */
import { BpeModel } from '../bpe/bpe-model.ts';
import { SentenceEncoder } from '../bpe/sentence-encoder.ts';
import { isObject } from '../io/json-fields.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import type { IdBuffer, Model } from '../model.ts';
import type { Metaspace } from '../pre-tokenizers/metaspace.ts';
import { metaspaceText, parseMetaspace } from '../pre-tokenizers/metaspace.ts';
import { UnigramModel } from '../unigram/unigram-model.ts';
import { scanMetaPieces, scanWhole } from './meta-words.ts';
import { PieceEncoder } from './piece-encoder.ts';
import type { StretchTokenizer } from './stretch-tokenizer.ts';

const META = '\u2581';

/** Undefined: the model or what comes before it is of another kind. */
export function metaTokenizer({
  model,
  normalizer,
  preTokenizer,
}: TokenizerDefinition): StretchTokenizer | undefined {
  if (preTokenizer === null || cutsAtNoBlank(normalizer, preTokenizer))
    return wordEncoder(model, false);
  if (!isObject(preTokenizer) || preTokenizer['type'] !== 'Metaspace') return undefined;
  const metaspace = parseMetaspace(preTokenizer, 'pre_tokenizer');
  if (metaspace.replacement !== META) return undefined;
  const encoder = wordEncoder(model, metaspace.split);
  return encoder && new MetaspaceTokenizer(metaspace, encoder);
}

function wordEncoder(
  model: Model,
  cutsAlways: boolean,
): SentenceEncoder | PieceEncoder | undefined {
  if (model instanceof BpeModel) return SentenceEncoder.create(model, cutsAlways);
  if (!(model instanceof UnigramModel)) return undefined;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return new PieceEncoder({
    scan: cutsAlways ? scanMetaPieces : scanWhole,
    encodePiece: (bytes, start, end, ids, count) =>
      model.encodePiece(decoder.decode(bytes.subarray(start, end)), ids, count),
    hasPlainWords: false,
  });
}

/** Gemma splits at blanks where its normalizer has left none. */
function cutsAtNoBlank(normalizer: unknown, preTokenizer: unknown): boolean {
  if (!isObject(normalizer) || !isObject(preTokenizer)) return false;
  const isBlank = (pattern: unknown): boolean => isObject(pattern) && pattern['String'] === ' ';
  return (
    normalizer['type'] === 'Replace' &&
    isBlank(normalizer['pattern']) &&
    normalizer['content'] === META &&
    preTokenizer['type'] === 'Split' &&
    isBlank(preTokenizer['pattern']) &&
    preTokenizer['behavior'] !== 'Removed' &&
    preTokenizer['invert'] !== true
  );
}

class MetaspaceTokenizer implements StretchTokenizer {
  readonly #metaspace: Metaspace;
  readonly #encoder: SentenceEncoder | PieceEncoder;

  constructor(metaspace: Metaspace, encoder: SentenceEncoder | PieceEncoder) {
    this.#metaspace = metaspace;
    this.#encoder = encoder;
  }

  encode(text: string, output: IdBuffer, isFirst: boolean): void {
    this.#encoder.encode(metaspaceText(this.#metaspace, text, isFirst), output);
  }

  clearCache(): void {
    this.#encoder.clearCache();
  }
}

/** Made when the first text comes: its tables take time. */
export class LazyTokenizer implements StretchTokenizer {
  readonly #make: () => StretchTokenizer;
  #made: StretchTokenizer | undefined;

  constructor(make: () => StretchTokenizer) {
    this.#make = make;
  }

  encode(text: string, output: IdBuffer, isFirst: boolean): void {
    (this.#made ??= this.#make()).encode(text, output, isFirst);
  }

  clearCache(): void {
    this.#made?.clearCache();
  }
}

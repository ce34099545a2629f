/**
 * The fast paths of SentencePiece's models, BPE and Unigram, behind the normalizers and pre-tokenizers that they come
 * with: what makes ▁ of blanks and puts one before the text.
 */
import { BpeModel } from '../bpe/bpe-model.ts';
import { SentenceEncoder } from '../bpe/sentence-encoder.ts';
import { isObject } from '../io/json-fields.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import type { IdBuffer, Model } from '../model.ts';
import { BlankWriter } from '../normalizers/blank-writer.ts';
import type { BlankRules } from '../normalizers/blank-writer.ts';
import type { Metaspace } from '../pre-tokenizers/metaspace.ts';
import { parseMetaspace } from '../pre-tokenizers/metaspace.ts';
import { UnigramEncoder } from '../unigram/unigram-encoder.ts';
import { UnigramModel } from '../unigram/unigram-model.ts';
import { cutsAtNoBlank, fusedRules, replacesBlanks } from './blank-rules.ts';
import type { BlankUse } from './blank-words.ts';
import { META } from './blank-words.ts';
import type { StretchTokenizer } from './stretch-tokenizer.ts';

type BlankEncoder = SentenceEncoder | UnigramEncoder;

/** Before which text ▁ is put: one that begins with no ▁, such a one if it begins the whole text, or none. */
type Prefix = Metaspace['prependScheme'];

/** Of normalized text. Undefined: the model or what comes before it is of another kind. */
export function metaTokenizer(definition: TokenizerDefinition): StretchTokenizer | undefined {
  const { model, normalizer, preTokenizer } = definition;
  if (preTokenizer === null || cutsAtNoBlank(normalizer, preTokenizer))
    return blankTokenizer(model, replacesBlanks(normalizer) ? 'replaced' : 'kept', 'never');
  if (!isObject(preTokenizer) || preTokenizer['type'] !== 'Metaspace') return undefined;
  const { replacement, split, prependScheme } = parseMetaspace(preTokenizer, 'pre_tokenizer');
  if (replacement !== META) return undefined;
  return blankTokenizer(model, split ? 'metaspace' : 'replaced', prependScheme);
}

/**
 * With the normalizer in it. Undefined: normalizer or pre-tokenizer do something else.
 * @param general takes what the fast path can't
 */
export function fusedMetaTokenizer(
  { model, normalizer, preTokenizer }: TokenizerDefinition,
  general: () => StretchTokenizer,
): StretchTokenizer | undefined {
  if (!(model instanceof BpeModel) && !(model instanceof UnigramModel)) return undefined;
  const fused = fusedRules(normalizer, preTokenizer);
  if (fused === undefined) return undefined;
  return new LazyTokenizer(() => {
    const encoder = blankEncoder(model, fused.blanks);
    return encoder === undefined ? general() : fusedTokenizer(encoder, fused.rules, general);
  });
}

function fusedTokenizer(
  encoder: BlankEncoder,
  rules: BlankRules,
  general: () => StretchTokenizer,
): StretchTokenizer {
  const { charsmap, trimsLeft, trimsRight, collapses, prefix } = rules;
  if (charsmap === undefined && !trimsLeft && !trimsRight && !collapses)
    return new BlankTokenizer(encoder, prefix);
  return new WrittenTokenizer(encoder, rules, new LazyTokenizer(general));
}

function blankEncoder(model: Model, blanks: BlankUse): BlankEncoder | undefined {
  if (model instanceof BpeModel) return SentenceEncoder.create(model, blanks);
  return model instanceof UnigramModel ? new UnigramEncoder(model, blanks) : undefined;
}

function blankTokenizer(
  model: Model,
  blanks: BlankUse,
  prefix: Prefix,
): StretchTokenizer | undefined {
  const encoder = blankEncoder(model, blanks);
  if (encoder === undefined) return undefined;
  return blanks === 'kept' ? encoder.pieces : new BlankTokenizer(encoder, prefix);
}

/** Text in which nothing changes but blanks. */
class BlankTokenizer implements StretchTokenizer {
  readonly #encoder: BlankEncoder;
  readonly #prefix: Prefix | 'any';

  constructor(encoder: BlankEncoder, prefix: Prefix | 'any') {
    this.#encoder = encoder;
    this.#prefix = prefix;
  }

  encode(text: string, output: IdBuffer, isFirst: boolean): void {
    if (text === '') return;
    const blanked = text.includes(META) ? text.replaceAll(META, ' ') : text;
    const prefixed = this.#isPrefixed(blanked, isFirst) ? ` ${blanked}` : blanked;
    this.#encoder.pieces.encode(prefixed, output);
  }

  #isPrefixed(text: string, isFirst: boolean): boolean {
    if (this.#prefix === 'any') return true;
    if (this.#prefix === 'never' || (this.#prefix === 'first' && !isFirst)) return false;
    return !text.startsWith(' ');
  }

  clearCache(): void {
    this.#encoder.pieces.clearCache();
  }
}

/** Text that is normalized while it is written. */
class WrittenTokenizer implements StretchTokenizer {
  readonly #encoder: BlankEncoder;
  readonly #writer: BlankWriter;
  readonly #general: StretchTokenizer;

  constructor(encoder: BlankEncoder, rules: BlankRules, general: StretchTokenizer) {
    this.#encoder = encoder;
    this.#writer = new BlankWriter(rules);
    this.#general = general;
  }

  encode(text: string, output: IdBuffer, isFirst: boolean): void {
    const { pieces } = this.#encoder;
    const end = this.#writer.write(text, pieces.buffer);
    if (end < 0) this.#general.encode(text, output, isFirst);
    else pieces.encodeWritten(end, output);
  }

  clearCache(): void {
    this.#encoder.pieces.clearCache();
    this.#general.clearCache();
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

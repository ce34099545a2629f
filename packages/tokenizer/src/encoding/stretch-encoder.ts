/** Tokens and places of text, stretch by stretch: each different one is encoded in full once. Its memory is bounded. */
import { AlignedText } from '../alignment/aligned-text.ts';
import { BYTE_CHARACTERS } from '../bpe/byte-alphabet.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import type { Model } from '../model.ts';
import { TokenSpans } from '../model.ts';
import { META } from '../pieces/blank-words.ts';
import type { Sampler } from '../sampling/sampling.ts';
import type { Offsets } from './encoding.ts';
import type { StretchRules } from './stretch-rules.ts';
import { stretchRules } from './stretch-rules.ts';
import { TokenPlaces } from './token-places.ts';

/** Longer stretches are rarely seen twice. */
const MAX_KEPT_UNITS = 48;
const MAX_KEPT = 100_000;
/** Stands beside a word that is neither the first nor the last of a text. */
const NEIGHBOUR = 'a';

/** The pieces of text without added tokens, normalized. */
export type CutPieces = (text: AlignedText) => AlignedText[];

export class StretchEncoder {
  readonly #model: Model;
  readonly #rules: StretchRules | undefined;
  readonly #pieces: CutPieces;
  readonly #kept = new Map<string, TokenPlaces>();
  readonly #encoder = new TextEncoder();

  constructor(definition: TokenizerDefinition, pieces: CutPieces) {
    this.#model = definition.model;
    this.#rules = stretchRules(definition);
    this.#pieces = pieces;
  }

  /** Whether the text may be encoded so. */
  takes(text: string): boolean {
    if (this.#rules === undefined) return false;
    const { form, kind } = this.#rules;
    // What is cut at blanks must not have ▁ of its own, which they may join.
    if (kind === 'part' && text.includes(META)) return false;
    return form === undefined || text.normalize(form) === text;
  }

  /** Adds the tokens of a stretch of well-formed text that begins at `base`. */
  encode(text: string, base: number, places: TokenPlaces): void {
    const { cut, kind } = this.#rules as StretchRules;
    const word = places.wordCount;
    const ends = this.#isFirstLost(text) ? [text.length] : cut(text);
    let start = 0;
    for (let i = 0; i < ends.length; i++) {
      const end = ends[i] as number;
      const isInner = kind === 'piece' || kind === 'text' || (i > 0 && i < ends.length - 1);
      const stretch = text.slice(start, end);
      const found = isInner
        ? this.#inner(stretch)
        : this.#outer(stretch, base + start, i === 0, i === ends.length - 1);
      // Only an outer stretch knows where it stands: what decides about ▁ before it is its origin.
      places.append(found, isInner ? base + start : 0, kind === 'part' ? word : places.wordCount);
      if (kind !== 'part') places.wordCount += found.wordCount;
      start = end;
    }
    if (kind === 'part' && ends.length > 0) places.wordCount++;
  }

  /**
   * Where the first character is dropped, Rust's places, and so ours, are those of other characters to the end of the
   * text: nothing before it could note that it is missing.
   */
  #isFirstLost(text: string): boolean {
    if ((this.#rules as StretchRules).kind !== 'word' || text === '') return false;
    const first = text.codePointAt(0) as number;
    if (first >= 0x20 && first < 0x7f) return false;
    return this.#pieces(AlignedText.of(String.fromCodePoint(first))).length === 0;
  }

  #inner(stretch: string): TokenPlaces {
    const known = this.#kept.get(stretch);
    if (known !== undefined) return known;
    const found = this.#places(this.#innerPieces(stretch));
    if (stretch.length <= MAX_KEPT_UNITS) {
      if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
      this.#kept.set(stretch, found);
    }
    return found;
  }

  #innerPieces(stretch: string): AlignedText[] {
    switch ((this.#rules as StretchRules).kind) {
      case 'piece':
        return [AlignedText.of(stretch).mapCharacters((part) => this.#bytesOf(part))];
      case 'text':
        return this.#pieces(AlignedText.of(stretch));
      case 'word': {
        // The neighbours are pieces of their own, and dropped.
        const text = AlignedText.of(`${NEIGHBOUR}${stretch} ${NEIGHBOUR}`, -NEIGHBOUR.length);
        return this.#pieces(text).slice(1, -1);
      }
      case 'part':
        return [replaceBlanks(AlignedText.of(stretch))];
    }
  }

  /** The first or the last stretch of a text. */
  #outer(stretch: string, base: number, isFirst: boolean, isLast: boolean): TokenPlaces {
    if ((this.#rules as StretchRules).kind === 'part') {
      const text = AlignedText.of(stretch, base);
      return this.#places(isFirst ? this.#pieces(text) : [replaceBlanks(text)]);
    }
    const before = isFirst ? '' : NEIGHBOUR;
    const after = isLast ? '' : ` ${NEIGHBOUR}`;
    const text = AlignedText.of(`${before}${stretch}${after}`, base - before.length);
    return this.#places(this.#pieces(text).slice(isFirst ? 0 : 1, isLast ? undefined : -1));
  }

  #places(pieces: readonly AlignedText[]): TokenPlaces {
    const places = new TokenPlaces();
    for (const piece of pieces) addPiece(this.#model, piece, places.wordCount++, places);
    return places;
  }

  #bytesOf(character: string): string {
    let bytes = '';
    for (const byte of this.#encoder.encode(character)) bytes += BYTE_CHARACTERS[byte] as string;
    return bytes;
  }
}

function replaceBlanks(text: AlignedText): AlignedText {
  return text.mapCharacters((character) => (character === ' ' ? META : character));
}

/** Adds the tokens of one piece. */
export function addPiece(
  model: Model,
  piece: AlignedText,
  word: number,
  places: TokenPlaces,
  sampler?: Sampler,
): void {
  const spans = new TokenSpans();
  if (sampler !== undefined && model.sampleSpans !== undefined)
    model.sampleSpans(piece.text, spans, sampler);
  else model.tokenizeSpans(piece.text, spans);
  for (let i = 0; i < spans.ids.length; i++) {
    const [start, end] = placeOf(piece, spans.starts[i] as number, spans.ends[i] as number);
    places.push(spans.ids[i] as number, start, end, word, spans.texts[i]);
  }
}

/** From units of the normalized piece to units of the original text. */
export function placeOf(text: AlignedText, start: number, end: number): Offsets {
  if (start >= end) return [text.origin + start, text.origin + start];
  return [text.starts[start] as number, text.ends[end - 1] as number];
}

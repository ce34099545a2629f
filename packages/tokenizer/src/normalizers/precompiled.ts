/**
 * Precompiled: SentencePiece's normalization rules (nmt_nfkc and others), kept in a model file as a double-array trie
 * from byte strings to places in a list of zero-ended replacements. As in Rust `tokenizers`, a grapheme of up to five
 * bytes is looked up as a whole, else its characters one by one, and the shortest rule that fits is taken. A `.model`
 * file is read as SentencePiece reads it instead: from left to right, the longest rule that fits.
 */
import type { AlignedText, Change } from '../alignment/aligned-text.ts';
import type { JsonObject } from '../io/json-fields.ts';
import { formatError, stringField } from '../io/json-fields.ts';
import { continuations, longestPrefix, shortestPrefix } from './double-array.ts';

/** Says in a definition that came from a `.model` file that the longest rule is taken. Never written: Rust has no such thing. */
export const LONGEST_RULE = 'takes_longest_rule';
const MAX_GRAPHEME_BYTES = 5;
/** UTF-16 units that are given to the segmenter at once. */
const SEGMENTER_WINDOW = 128;
/**
 * A character is a grapheme of its own if it and its neighbours are such that join with nothing before them and take only
 * marks and joiners after them: controls, letters of scripts whose letters do not join, punctuation, symbols, kana,
 * ideographs, private ones, emoji. Only the rest needs a segmenter, such as \r\n.
 */
const PLAIN = [
  '\\0-\\f\\x0e-\\u02ff\\u0370-\\u0482\\u048a-\\u0590\\u05d0-\\u05f4\\u0606-\\u060f\\u0620-\\u064a',
  '\\u0660-\\u066f\\u0671-\\u06d5\\u06ee-\\u070d\\u0712-\\u072f\\u074d-\\u07a5\\u07c0-\\u07ea',
  '\\u0e01-\\u0e30\\u0e3f-\\u0e46\\u0e4f-\\u0e5b\\u1e00-\\u1fff\\u2010-\\u2027\\u2030-\\u205e\\u2070-\\u20cf',
  '\\u2100-\\u2bff\\u3001-\\u3029\\u3041-\\u3096\\u30a1-\\u30fa\\u3400-\\ua4cf\\ue000-\\ufaff\\uff01-\\uff60\\ufffd',
  '\\u{1f300}-\\u{1f3fa}\\u{1f400}-\\u{1faff}',
].join('');
const PLAIN_ONE = new RegExp(`^[${PLAIN}]$`, 'u');
const PLAIN_RUN = new RegExp(`(?<![\\r\\u200D])[${PLAIN}]+(?![^${PLAIN}])`, 'gu');

/** Kinds of UTF-16 units: no rule begins with it, … */
export const INERT = 1;
/** … rules do, but all need something that is not ASCII behind it, … */
export const NEEDS_MARK = 2;
/** … one does, which is no longer, … */
export const ALONE = 3;
/** … or anything else. */
const OTHER = 4;
/** More than any rule takes in. */
const LONGEST_RULE_UNITS = 64;

export interface Rewrite {
  readonly from: string;
  /** Undefined: no rule, the character stays. */
  readonly to: string | undefined;
}

export class Precompiled {
  readonly units: Uint32Array;
  readonly #replacements: Uint8Array;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  readonly #known = new Map<string, string | undefined>();
  readonly takesLongest: boolean;
  /** By unit; 0: not looked at yet. */
  readonly #kinds = new Uint8Array(1 << 16);

  /** @param charsmap The number of bytes of the trie, the trie, the replacements. @param takesLongest As SentencePiece. */
  constructor(charsmap: Uint8Array, path: string, takesLongest = false) {
    this.takesLongest = takesLongest;
    const view = new DataView(charsmap.buffer, charsmap.byteOffset, charsmap.byteLength);
    const size = charsmap.length < 4 ? -1 : view.getUint32(0, true);
    if (size < 4 || size % 4 !== 0 || 4 + size > charsmap.length)
      throw formatError(path, 'a charsmap with its trie', `${charsmap.length} bytes`);
    this.units = new Uint32Array(size / 4);
    for (let i = 0; i < this.units.length; i++) this.units[i] = view.getUint32(4 + i * 4, true);
    this.#replacements = charsmap.subarray(4 + size);
  }

  /** The same object gives the same rules, whose tables are large. */
  static fromJSON(json: JsonObject, path: string): Precompiled {
    const known = read.get(json);
    if (known !== undefined) return known;
    const at = `${path}.precompiled_charsmap`;
    const text = stringField(json, 'precompiled_charsmap', path);
    let binary: string;
    try {
      binary = atob(text);
    } catch {
      throw formatError(at, 'base64', text);
    }
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    const rules = new Precompiled(bytes, at, json[LONGEST_RULE] === true);
    read.set(json, rules);
    return rules;
  }

  normalize(text: string): string {
    return this.takesLongest ? this.#normalizeLongest(text) : this.#normalizeByGrapheme(text);
  }

  /** What most text is made of, characters without a rule, is copied in stretches. */
  #normalizeLongest(text: string): string {
    const kinds = this.#kinds;
    let result = '';
    let done = 0;
    for (let i = 0; i < text.length;) {
      const unit = text.charCodeAt(i);
      const kind = kinds[unit] || this.classify(unit);
      if (kind === INERT || (kind === NEEDS_MARK && !(text.charCodeAt(i + 1) >= 0x80))) i++;
      else {
        const { length, to } = this.#ruleAt(text, i, kind);
        if (to !== undefined) {
          result += text.slice(done, i) + to;
          done = i + length;
        }
        i += length;
      }
    }
    return done === 0 ? text : result + text.slice(done);
  }

  /** The longest rule at a place. */
  #ruleAt(text: string, i: number, kind: number): { length: number; to: string | undefined } {
    if (kind === ALONE) return { length: 1, to: this.find(text.charAt(i)) };
    const bytes = this.#encoder.encode(text.slice(i, i + LONGEST_RULE_UNITS));
    const { value, end } = longestPrefix(this.units, bytes, 0);
    const next = value < 0 ? characterEnd(bytes, 0) : end;
    const { length } = this.#decoder.decode(bytes.subarray(0, next));
    return { length, to: value < 0 ? undefined : this.replacement(value) };
  }

  #normalizeByGrapheme(text: string): string {
    let result = '';
    let done = 0;
    for (const match of text.matchAll(PLAIN_RUN)) {
      result += this.normalizeGraphemes(text.slice(done, match.index));
      result += this.#normalizePlain(match[0]);
      done = match.index + match[0].length;
    }
    return result + this.normalizeGraphemes(text.slice(done));
  }

  #normalizePlain(run: string): string {
    const kinds = this.#kinds;
    let result = '';
    let done = 0;
    for (let i = 0; i < run.length;) {
      const unit = run.charCodeAt(i);
      const kind = kinds[unit] || this.classify(unit);
      if (kind === INERT || kind === NEEDS_MARK) {
        i++;
        continue;
      }
      const next = i + (unit >= 0xd800 && unit < 0xdc00 ? 2 : 1);
      const to = this.find(run.slice(i, next));
      if (to !== undefined) {
        result += run.slice(done, i) + to;
        done = next;
      }
      i = next;
    }
    return done === 0 ? run : result + run.slice(done);
  }

  /** Of text that may hold any grapheme. */
  normalizeGraphemes(text: string): string {
    let result = '';
    for (const { from, to } of this.#rewriteGraphemes(text)) result += to ?? from;
    return result;
  }

  /** Whether a character between such characters is a grapheme of its own. */
  isPlain(character: string): boolean {
    return PLAIN_ONE.test(character);
  }

  /** What rules begin with a UTF-16 unit. */
  classify(unit: number): number {
    let kind = OTHER;
    if (unit < 0xd800 || unit > 0xdfff) {
      const bytes = this.#encoder.encode(String.fromCharCode(unit));
      const { value, next } = continuations(this.units, bytes);
      if (next.length === 0) kind = value < 0 ? INERT : ALONE;
      else if (value < 0 && (next[0] as number) >= 0x80) kind = NEEDS_MARK;
    }
    return (this.#kinds[unit] = kind);
  }

  normalizeAligned(text: AlignedText): AlignedText {
    const changes: Change[] = [];
    let isModified = false;
    for (const { from, to } of this.rewrites(text.text)) {
      isModified ||= to !== undefined;
      pushChanges(changes, from, to ?? from);
    }
    return isModified ? text.transform(changes) : text;
  }

  *rewrites(text: string): Iterable<Rewrite> {
    if (this.takesLongest) return yield* this.#rewriteLongest(text);
    let done = 0;
    for (const match of text.matchAll(PLAIN_RUN)) {
      yield* this.#rewriteGraphemes(text.slice(done, match.index));
      yield* this.#rewriteCharacters(match[0]);
      done = match.index + match[0].length;
    }
    yield* this.#rewriteGraphemes(text.slice(done));
  }

  *#rewriteLongest(text: string): Iterable<Rewrite> {
    const bytes = this.#encoder.encode(text);
    for (let start = 0; start < bytes.length;) {
      const { value, end } = longestPrefix(this.units, bytes, start);
      const next = value < 0 ? characterEnd(bytes, start) : end;
      const from = this.#decoder.decode(bytes.subarray(start, next));
      yield { from, to: value < 0 ? undefined : this.replacement(value) };
      start = next;
    }
  }

  *#rewriteGraphemes(text: string): Iterable<Rewrite> {
    if (text === '') return;
    for (const segment of this.#graphemes(text)) {
      const to = segment.length <= MAX_GRAPHEME_BYTES ? this.find(segment) : undefined;
      if (to !== undefined) yield { from: segment, to };
      else yield* this.#rewriteCharacters(segment);
    }
  }

  /** Window by window: each segment that a segmenter gives holds a copy of all its text. */
  *#graphemes(text: string): Iterable<string> {
    let size = SEGMENTER_WINDOW;
    for (let start = 0; start < text.length;) {
      const isLast = start + size >= text.length;
      let done = start;
      // The last grapheme of a window may go on behind it.
      let last = '';
      for (const { segment } of this.#segmenter.segment(text.slice(start, start + size))) {
        if (last !== '') yield last;
        done += last.length;
        last = segment;
      }
      if (isLast) return yield last;
      size = done === start ? size * 2 : SEGMENTER_WINDOW;
      start = done;
    }
  }

  *#rewriteCharacters(text: string): Iterable<Rewrite> {
    for (const character of text) yield { from: character, to: this.find(character) };
  }

  /** What a grapheme becomes; undefined: it stays. */
  find(part: string): string | undefined {
    const known = this.#known.get(part);
    if (known !== undefined || this.#known.has(part)) return known;
    const found = this.#look(part);
    if (this.#known.size > 20_000) this.#known.clear();
    this.#known.set(part, found);
    return found;
  }

  #look(part: string): string | undefined {
    const bytes = this.#encoder.encode(part);
    if (bytes.length > MAX_GRAPHEME_BYTES) return undefined;
    const start = shortestPrefix(this.units, bytes);
    return start < 0 ? undefined : this.replacement(start);
  }

  /** The replacement at a place that the trie gave. */
  replacement(start: number): string | undefined {
    if (start > this.#replacements.length) return undefined;
    const end = this.#replacements.indexOf(0, start);
    return this.#decoder.decode(this.#replacements.subarray(start, end < 0 ? undefined : end));
  }
}

const read = new WeakMap<JsonObject, Precompiled>();

/** Where the character of well-formed UTF-8 that begins at `start` ends. */
function characterEnd(bytes: Uint8Array, start: number): number {
  let end = start + 1;
  while (end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end++;
  return end;
}

/** Where there are more new characters than old ones, the last are insertions; where fewer, the last drops the rest. */
function pushChanges(changes: Change[], from: string, to: string): void {
  const characters = [...to];
  const surplus = characters.length - [...from].length;
  characters.forEach((character, i) => {
    changes.push({ character, change: surplus > 0 && i >= characters.length - surplus ? 1 : 0 });
  });
  const last = changes.at(-1);
  if (surplus < 0 && last !== undefined)
    changes[changes.length - 1] = { character: last.character, change: last.change + surplus };
}

/**
 * Splits text at added tokens. Two passes, as in Rust `tokenizers`: first the tokens with `normalized: false`, in the
 * raw text; the rest is normalized and searched for the others, whose own content is normalized too.
 */
import type { AlignedText } from '../alignment/aligned-text.ts';
import type { AddedToken } from './added-token.ts';
import { LiteralMatcher } from './literal-matcher.ts';

/** A stretch of ordinary text, or the id of an added token. */
export type Segment = string | number;

/** Where a stretch lies in the text that was searched; `token` if it is an added token's. */
export interface FoundSpan {
  readonly start: number;
  readonly end: number;
  readonly token?: AddedToken;
}

const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]';
const STARTS_WITH_WORD = new RegExp(`^${WORD}`, 'u');
const ENDS_WITH_WORD = new RegExp(`${WORD}$`, 'u');
const SPACE = /\p{White_Space}/u;

export class AddedVocabulary {
  readonly tokens: readonly AddedToken[];
  readonly #byContent = new Map<string, AddedToken>();
  readonly #byId = new Map<number, AddedToken>();
  readonly #raw: TokenFinder;
  readonly #normalized: TokenFinder;

  constructor(tokens: readonly AddedToken[], normalize: (text: string) => string) {
    this.tokens = tokens;
    for (const token of tokens) {
      this.#byContent.set(token.content, token);
      this.#byId.set(token.id, token);
    }
    this.#raw = new TokenFinder(tokens.filter((token) => !token.normalized));
    this.#normalized = new TokenFinder(
      tokens.filter((token) => token.normalized),
      normalize,
    );
  }

  byContent(content: string): AddedToken | undefined {
    return this.#byContent.get(content);
  }

  byId(id: number): AddedToken | undefined {
    return this.#byId.get(id);
  }

  /** Stretches of normalized text and ids of added tokens; `isAllowed` false makes a token ordinary text. */
  split(
    text: string,
    normalize: (text: string) => string,
    isAllowed: (token: AddedToken) => boolean,
  ): Segment[] {
    const segments: Segment[] = [];
    for (const raw of this.#raw.find(text, isAllowed)) {
      if (raw.token !== undefined) segments.push(raw.token.id);
      else {
        const normalized = normalize(text.slice(raw.start, raw.end));
        for (const { start, end, token } of this.#normalized.find(normalized, isAllowed))
          segments.push(token === undefined ? normalized.slice(start, end) : token.id);
      }
    }
    return segments;
  }

  /** Where tokens with `normalized: false` and the text between them stand. */
  findRaw(text: string, isAllowed: (token: AddedToken) => boolean): FoundSpan[] {
    return this.#raw.find(text, isAllowed);
  }

  /** As `split`, on text that knows its origin. */
  splitAligned(
    text: AlignedText,
    normalize: (text: AlignedText) => AlignedText,
    isAllowed: (token: AddedToken) => boolean,
  ): { text: AlignedText; token: AddedToken | undefined }[] {
    return this.#raw.find(text.text, isAllowed).flatMap((raw) => {
      const part = text.slice(raw.start, raw.end);
      if (raw.token !== undefined) return [{ text: part, token: raw.token }];
      const normalized = normalize(part);
      return this.#normalized
        .find(normalized.text, isAllowed)
        .map(({ start, end, token }) => ({ text: normalized.slice(start, end), token }));
    });
  }
}

class TokenFinder {
  readonly #tokens: readonly AddedToken[];
  readonly #matcher: LiteralMatcher;

  constructor(tokens: readonly AddedToken[], normalize = (text: string): string => text) {
    this.#tokens = tokens;
    this.#matcher = new LiteralMatcher(tokens.map((token) => normalize(token.content)));
  }

  find(text: string, isAllowed: (token: AddedToken) => boolean): FoundSpan[] {
    const spans: FoundSpan[] = [];
    let done = 0;
    let from = 0;
    for (;;) {
      const match = this.#matcher.find(text, from);
      if (match === undefined) break;
      from = match.end;
      const token = this.#tokens[match.literal] as AddedToken;
      if (!isAllowed(token) || (token.singleWord && touchesWord(text, match.start, match.end)))
        continue;
      const start = token.lstrip ? Math.max(done, trimEnd(text, match.start)) : match.start;
      if (start > done) spans.push({ start: done, end: start });
      done = token.rstrip ? skipSpace(text, match.end) : match.end;
      spans.push({ start, end: done, token });
      from = done;
    }
    if (done < text.length) spans.push({ start: done, end: text.length });
    return spans;
  }
}

function touchesWord(text: string, start: number, end: number): boolean {
  // Two units hold any code point on either side.
  return (
    ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) ||
    STARTS_WITH_WORD.test(text.slice(end, end + 2))
  );
}

/** Start of the run of white space that ends at `end`. All white space is in the Basic Multilingual Plane. */
function trimEnd(text: string, end: number): number {
  while (end > 0 && SPACE.test(text.charAt(end - 1))) end--;
  return end;
}

function skipSpace(text: string, start: number): number {
  while (start < text.length && SPACE.test(text.charAt(start))) start++;
  return start;
}

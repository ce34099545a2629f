// Text while it is written: pieces that are certain, held back while they may be the beginning of a stop
// string, and cut exactly where one begins, wherever its tokens' borders lie.

/** Turns tokens into text one by one, as `tokenizer.decodeStream()` of @llm/tokenizer does. */
export interface TokenStream {
  push(id: number): string;
  flush(): string;
}

/** Whatever makes such streams, a Tokenizer for one. */
export interface TokenStreams {
  decodeStream(options: { readonly skipSpecialTokens: boolean }): TokenStream;
}

/** The options of generation that need text. */
export interface TextDecoding {
  /** Adds `texts` to the result, and is needed for `stopStrings` and `onText`. */
  readonly tokenizer?: TokenStreams;
  /** A text ends before the first of these; they may begin and end within tokens. */
  readonly stopStrings?: readonly string[];
  /** Called with each piece of text that is certain. */
  readonly onText?: (text: string, row: number) => void;
}

export class StopText {
  readonly #stream: TokenStream;
  readonly #stopStrings: readonly string[];
  #held = '';
  #text = '';
  #isStopped = false;

  constructor(stream: TokenStream, stopStrings: readonly string[] = []) {
    this.#stream = stream;
    this.#stopStrings = stopStrings.filter((text) => text !== '');
  }

  /** What is certain so far, without the stop string. */
  get text(): string {
    return this.#text;
  }

  /** Whether a stop string has come: nothing follows. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** The text that became certain with this token. */
  push(token: number): string {
    return this.#take(this.#stream.push(token), false);
  }

  /** The rest, once no more tokens come. */
  flush(): string {
    return this.#take(this.#stream.flush(), true);
  }

  #take(piece: string, isLast: boolean): string {
    if (this.#isStopped) return '';
    const text = this.#held + piece;
    const stop = firstOf(this.#stopStrings, text);
    this.#isStopped = stop >= 0;
    const certain = this.#isStopped
      ? text.slice(0, stop)
      : text.slice(0, isLast ? text.length : text.length - openEnd(this.#stopStrings, text));
    this.#held = text.slice(certain.length);
    this.#text += certain;
    return certain;
  }
}

/** Where the first of `stops` begins in `text`; −1 if none does. */
function firstOf(stops: readonly string[], text: string): number {
  const places = stops.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
  return places.length === 0 ? -1 : Math.min(...places);
}

/** How many of the last characters may be the beginning of a stop string. */
function openEnd(stops: readonly string[], text: string): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--)
      if (text.endsWith(stop.slice(0, length))) longest = length;
  }
  return longest;
}

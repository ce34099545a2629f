/** A reusable buffer of UTF-8 bytes that text is written into, with room behind it for reads of a word too many. */
const PADDING = 8;

export class Utf8Buffer {
  bytes = new Uint8Array(1 << 12);
  view = new DataView(this.bytes.buffer);
  readonly #encoder = new TextEncoder();

  /** Writes `text` (a lone surrogate as U+FFFD) and returns the number of bytes. */
  write(text: string): number {
    // A UTF-16 unit needs at most three bytes; a pair of them four.
    const needed = text.length * 3 + PADDING;
    if (needed > this.bytes.length) {
      this.bytes = new Uint8Array(needed + (needed >> 1));
      this.view = new DataView(this.bytes.buffer);
    }
    return this.#encoder.encodeInto(text, this.bytes).written;
  }
}

/** Windows of about this many UTF-16 units: their bytes stay in the second-level cache. */
const WINDOW = 1 << 15;

/**
 * Cuts long text into windows, only ever between a letter and a blank with a letter behind it (ASCII), where GPT-2's
 * pattern and its relatives always cut too. Text without such a place stays in one window.
 */
export function* textWindows(text: string): Iterable<string> {
  let start = 0;
  while (text.length - start > WINDOW * 2) {
    const end = findCut(text, start + WINDOW);
    if (end < 0) break;
    yield text.slice(start, end);
    start = end;
  }
  yield start === 0 ? text : text.slice(start);
}

const CUT = /[A-Za-z](?= [A-Za-z])/gu;

/** The first safe cut after `from`, or −1. */
function findCut(text: string, from: number): number {
  CUT.lastIndex = from;
  const match = CUT.exec(text);
  return match === null ? -1 : match.index + 1;
}

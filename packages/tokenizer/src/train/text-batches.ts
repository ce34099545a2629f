/** A corpus as batches for threads: lists of texts, or stretches of files that hold whole lines. */
import { TokenizerError } from '../errors.ts';
import { TextFiles } from '../node/text-files.ts';

/** Documents, or parts of documents: no word goes across from one to the next. Files give a text for each line. */
export type Texts = Iterable<string> | AsyncIterable<string>;

export type TextBatch = readonly string[] | Uint8Array;

/** A thread works for some milliseconds on so many UTF-16 units. */
const BATCH_UNITS = 1 << 18;

export function checkTexts(texts: unknown, name: string): void {
  if (typeof texts !== 'string') return;
  throw new TokenizerError(
    `${name}: texts: expected an iterable of texts, got one string, which would be read letter by letter. Pass [text].`,
  );
}

export function checkText(text: unknown, at: number, name: string): asserts text is string {
  if (typeof text !== 'string')
    throw new TokenizerError(`${name}: texts: expected strings, got ${typeof text} as item ${at}.`);
}

/** @param onProgress Called with the number of texts, or of bytes of all, read so far. */
export async function* textBatches(
  texts: Texts,
  name: string,
  onProgress: (done: number, total: number | undefined) => void,
): AsyncGenerator<TextBatch> {
  if (texts instanceof TextFiles) return yield* fileBatches(texts, onProgress);
  let batch: string[] = [];
  let units = 0;
  let done = 0;
  for await (const text of texts) {
    checkText(text, done, name);
    batch.push(text);
    units += text.length;
    onProgress(++done, undefined);
    if (units < BATCH_UNITS) continue;
    yield batch;
    batch = [];
    units = 0;
  }
  if (batch.length > 0) yield batch;
}

async function* fileBatches(
  files: TextFiles,
  onProgress: (done: number, total: number) => void,
): AsyncGenerator<Uint8Array> {
  const total = await files.byteLength();
  let done = 0;
  for await (const bytes of files.batches()) {
    done += bytes.length;
    onProgress(done, total);
    yield bytes;
  }
}

/** The texts of a batch. */
export function forEachText(batch: TextBatch, visit: (text: string) => void): void {
  if (!(batch instanceof Uint8Array)) return batch.forEach(visit);
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(batch);
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline + 1;
    visit(text.slice(start, end));
    start = end;
  }
}

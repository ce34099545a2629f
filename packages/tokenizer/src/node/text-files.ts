/** Text files as a corpus, a text for each line with its line break, read a stretch at a time. Node. */
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { TokenizerError } from '../errors.ts';

const STRETCH = 1 << 20;
const NEWLINE = 0x0a;

export class TextFiles implements AsyncIterable<string> {
  readonly #paths: readonly string[];

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  async byteLength(): Promise<number> {
    let length = 0;
    for (const path of this.#paths) length += (await stat(path).catch(refuse(path))).size;
    return length;
  }

  /** Whole lines of valid UTF-8, about a megabyte at a time; a longer line by itself. */
  async *batches(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (const path of this.#paths) {
      const handle = await open(path, 'r').catch(refuse(path));
      try {
        for await (const lines of linesOf(handle)) {
          decodeLines(lines, path);
          yield lines;
        }
      } finally {
        await handle.close();
      }
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (const path of this.#paths) {
      const handle = await open(path, 'r').catch(refuse(path));
      try {
        for await (const lines of linesOf(handle))
          yield* decodeLines(lines, path).match(/[^\n]*\n|[^\n]+$/gu) ?? [];
      } finally {
        await handle.close();
      }
    }
  }
}

async function* linesOf(handle: FileHandle): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let rest = new Uint8Array(0);
  for (;;) {
    const bytes = new Uint8Array(rest.length + STRETCH);
    bytes.set(rest);
    const { bytesRead } = await handle.read(bytes, rest.length, STRETCH);
    const filled = bytes.subarray(0, rest.length + bytesRead);
    if (bytesRead === 0) {
      if (filled.length > 0) yield filled;
      return;
    }
    const end = filled.lastIndexOf(NEWLINE) + 1;
    // Copies, so that a thread can be given the buffer as a whole.
    rest = filled.slice(end);
    if (end > 0) yield filled.slice(0, end);
  }
}

function decodeLines(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new TokenizerError(`textFiles: ${path}: expected UTF-8, got other bytes. Convert it.`);
  }
}

function refuse(path: string): (error: Error) => never {
  return (error) => {
    throw new TokenizerError(
      `textFiles: paths: expected readable files, got ${JSON.stringify(path)} (${error.message}).`,
      { cause: error },
    );
  };
}

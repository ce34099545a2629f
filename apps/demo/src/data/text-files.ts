// Reads text and JSON-lines files, gzipped or not, as a stream. Bad input stops with one error that
// names the file and the place; nothing is skipped in silence.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

/** A file that cannot be used as data; the message says which, where and what to do. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

export interface TextChunk {
  readonly text: string;
  /** True for the last chunk of a document. */
  readonly endsDocument: boolean;
}

async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(
      error.code === 'ENOENT'
        ? `${path}: expected a file, found none. Check the path.`
        : `${path}: cannot be read (${error.code}).`,
    );
  });
  if (!stats.isFile())
    throw new DataError(`${path}: expected a file, got a folder. Name its files.`);
  if (stats.size === 0) throw new DataError(`${path}: expected text, got an empty file.`);
  const file = createReadStream(path);
  const stream = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => stream.destroy(error));
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (error) {
    throw new DataError(`${path}: reading stopped: ${(error as Error).message}.`);
  } finally {
    file.destroy();
  }
}

/** Decodes a file strictly: an invalid byte is an error, not U+FFFD. */
async function* readUtf8(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let offset = 0;
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      const where = bytes ? `between bytes ${offset} and ${offset + bytes.length}` : 'at its end';
      throw new DataError(
        `${path}: expected UTF-8, got an invalid byte sequence ${where}. Convert the file to UTF-8.`,
      );
    }
  };
  for await (const bytes of readBytes(path)) {
    yield decode(bytes);
    offset += bytes.length;
  }
  yield decode();
}

/** Lines without their ends; an empty one at the end of the file is none. */
export async function* readLines(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const part of readUtf8(path)) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** Rows of a `.jsonl` file. @throws DataError naming file and line of what is not a JSON object */
export async function* readJsonLines(path: string): AsyncGenerator<Record<string, unknown>> {
  let number = 0;
  let rows = 0;
  for await (const line of readLines(path)) {
    number += 1;
    if (line.trim() === '') continue;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      throw new DataError(
        `${path}:${number}: expected a JSON object on one line, got ${JSON.stringify(line.slice(0, 60))}.`,
      );
    }
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw new DataError(
        `${path}:${number}: expected a JSON object, got ${JSON.stringify(row).slice(0, 60)}.`,
      );
    }
    rows += 1;
    yield row as Record<string, unknown>;
  }
  if (rows === 0) throw new DataError(`${path}: expected at least one row, got none.`);
}

async function* readPlainText(path: string): AsyncGenerator<TextChunk> {
  let held = '';
  for await (const part of readUtf8(path)) {
    // Cut after a newline, so that no word is split between two chunks.
    const cut = part.lastIndexOf('\n') + 1;
    if (cut === 0) {
      held += part;
      continue;
    }
    yield { text: held + part.slice(0, cut), endsDocument: false };
    held = part.slice(cut);
  }
  yield { text: held, endsDocument: true };
}

async function* readTextRows(path: string, column: string): AsyncGenerator<TextChunk> {
  let number = 0;
  for await (const row of readJsonLines(path)) {
    number += 1;
    const text = row[column];
    if (typeof text !== 'string') {
      throw new DataError(
        `${path}: row ${number}: expected a string in ${JSON.stringify(column)}, got ${typeof text}. Columns: ${Object.keys(row).join(', ')}.`,
      );
    }
    yield { text, endsDocument: true };
  }
}

/** Documents of `.txt` and `.jsonl` files (column `text`), each also as `.gz`. */
export async function* readTexts(
  paths: readonly string[],
  column = 'text',
): AsyncGenerator<TextChunk> {
  for (const path of paths) {
    const name = path.replace(/\.gz$/, '');
    if (name.endsWith('.txt') || name.endsWith('.md')) yield* readPlainText(path);
    else if (name.endsWith('.jsonl')) yield* readTextRows(path, column);
    else
      throw new DataError(
        `${path}: expected a .txt, .md or .jsonl file (or one of these with .gz). Rename or convert it.`,
      );
  }
}

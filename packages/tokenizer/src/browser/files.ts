/** A browser has no files by path: tokenizers are made from what was fetched, with `Tokenizer.fromJSON` and its kin. */
import { TokenizerError } from '../errors.ts';

export interface OpenFile {
  readonly size: number;
  readPrefix(length: number): Promise<Uint8Array>;
}

function refuse(path: string): never {
  throw new TokenizerError(
    `load, save: path: expected Node, got a browser, which has no files, for ${JSON.stringify(path)}. Fetch the file and pass it to Tokenizer.fromJSON, fromGguf, fromSentencePiece or fromTiktoken; write toJSON().`,
  );
}

export const basename = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
export const dirname = (path: string): string => path.slice(0, path.lastIndexOf('/'));
export const join = (...parts: readonly string[]): string => parts.join('/');

export async function lookAt(path: string): Promise<readonly string[] | 'file' | undefined> {
  return refuse(path);
}

export async function readBytes(path: string): Promise<Uint8Array | undefined> {
  return refuse(path);
}

export async function withFile<Result>(
  path: string,
  _use: (file: OpenFile) => Promise<Result>,
): Promise<Result> {
  return refuse(path);
}

export async function makeFolder(path: string): Promise<void> {
  refuse(path);
}

export async function writeAtomic(path: string, _content: string | Uint8Array): Promise<void> {
  refuse(path);
}

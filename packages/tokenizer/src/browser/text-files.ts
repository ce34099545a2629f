/** A browser has no files by path: read them with `Blob.stream()` and pass their texts. */
import { TokenizerError } from '../errors.ts';

export class TextFiles implements AsyncIterable<string> {
  constructor(_paths: readonly string[]) {
    throw new TokenizerError(
      'textFiles: paths: expected Node, got a browser, which has no files by path. Pass texts.',
    );
  }

  byteLength(): Promise<number> {
    return Promise.resolve(0);
  }

  async *batches(): AsyncGenerator<Uint8Array<ArrayBuffer>> {}

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {}
}

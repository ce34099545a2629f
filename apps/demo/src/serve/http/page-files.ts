// The web page: files that are sent as they are.
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PageFile {
  readonly type: string;
  readonly body: Uint8Array;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing but the server's own files runs on the page, whatever a model writes. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** By path in the address. Read once: they are small. */
export async function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const folder = pageFolder();
  const names = await readdir(folder);
  const files = await Promise.all(
    names
      .filter((name) => extname(name) in TYPES)
      .map(async (name): Promise<[string, PageFile]> => {
        const body = await readFile(join(folder, name));
        return [name === 'index.html' ? '/' : `/${name}`, { type: TYPES[extname(name)]!, body }];
      }),
  );
  return new Map(files);
}

/** The app's folder `page`: above this file in the sources and in the build alike. */
function pageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'page', 'index.html'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('serve: expected the folder page of the app, got none.');
    folder = parent;
  }
  return join(folder, 'page');
}

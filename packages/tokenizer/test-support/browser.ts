/** A real browser, and a server that gives it files of the built package. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The program, or undefined where none is installed. */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find(existsSync);
}

/** @param files By the path in the address; text is a page, else the name of a JavaScript file. */
export async function serve(
  files: ReadonlyMap<string, { readonly page: string } | { readonly file: string }>,
): Promise<{ readonly server: Server; readonly origin: string }> {
  const server = createServer((request, response) => {
    const found = files.get(request.url ?? '');
    if (found === undefined) response.writeHead(404).end();
    else if ('page' in found)
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(found.page);
    else
      void readFile(found.file).then((content) =>
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(content),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, origin: `http://127.0.0.1:${port}` };
}

// For tests that start processes or threads: a program and what it imports from source, as one file that plain Node
// runs. The native engine is not in it.
import { build } from 'esbuild';

/** What a bundle of CommonJS modules needs to be an ES module. */
const REQUIRE =
  "import { createRequire as makeRequire } from 'node:module';" +
  'const require = makeRequire(import.meta.url);';

export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@llm/source'],
    external: ['*.node'],
    banner: { js: REQUIRE },
    logLevel: 'silent',
  });
}

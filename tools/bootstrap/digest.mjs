// One SHA-256 over the names and contents of files, so that a step runs only when its inputs changed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const SKIPPED = new Set(['node_modules', 'dist', 'build']);

function expand(pattern) {
  const [head, tail] = pattern.split('/*/');
  if (tail === undefined) return [pattern];
  return readdirSync(join(ROOT, head))
    .sort()
    .map((entry) => `${head}/${entry}/${tail}`);
}

function* filesBelow(path) {
  const absolute = join(ROOT, path);
  if (!existsSync(absolute)) return;
  if (!statSync(absolute).isDirectory()) {
    yield path;
    return;
  }
  for (const entry of readdirSync(absolute).sort()) {
    if (!SKIPPED.has(entry)) yield* filesBelow(`${path}/${entry}`);
  }
}

/** @param {readonly string[]} patterns paths from the root; one `*` stands for every folder there */
export function digestOf(patterns) {
  const hash = createHash('sha256').update(process.version);
  for (const path of patterns.flatMap(expand).flatMap((pattern) => [...filesBelow(pattern)])) {
    hash.update(`${path}\0`).update(readFileSync(join(ROOT, path)));
  }
  return hash.digest('hex');
}

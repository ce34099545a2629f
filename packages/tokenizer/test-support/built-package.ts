/** The package as it is published, built into a folder of its own: what a worker thread and a browser load. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** @returns the folder; it lies inside the package, so that the package's dependencies are found. */
export function buildPackage(): string {
  const parent = join(ROOT, 'build');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'test-'));
  const cli = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js');
  execFileSync(process.execPath, [cli, '--out-dir', folder, '--silent'], { cwd: ROOT });
  return folder;
}

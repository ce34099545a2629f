// Importing a package does nothing: no registration, no output, no globals, no open handles.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const entries = readdirSync(join(ROOT, 'packages')).flatMap((folder) => {
  const text = readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8');
  const { name, exports } = JSON.parse(text) as Manifest;
  return Object.keys(exports)
    .filter((path) => path !== './package.json')
    .map((path) => join(name, path));
});

// tfjs-core itself keeps its engine and registries in these two globals.
const PROBE = `
  const before = new Set(Object.getOwnPropertyNames(globalThis));
  await import(process.argv[1]);
  const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
  const backends = Object.keys(globalThis._tfengine?.registryFactory ?? {});
  console.log(JSON.stringify({ added: added.filter((name) => !name.startsWith('_tf')), backends }));
`;

describe('importing', () => {
  it.each(entries)('%s from its build registers and prints nothing', (entry) => {
    const output = execFileSync('node', ['--input-type=module', '-e', PROBE, entry], {
      cwd: join(ROOT, 'apps', 'demo'), // the one place that sees every package
      encoding: 'utf8',
      timeout: 30_000, // an open handle would keep the process alive
    });
    expect(JSON.parse(output)).toEqual({ added: [], backends: [] });
  });
});

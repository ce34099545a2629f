import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { type Addon, findLibrary, loadAddon, prebuiltPackage } from './addon.ts';

const PREBUILD = fileURLToPath(
  new URL('../../../../../tools/prebuild/prebuild.mjs', import.meta.url),
);
const TARGET = `${process.platform}-${process.arch}`;
const project = mkdtempSync(path.join(tmpdir(), 'llm-prebuilt-'));
const tensor = path.join(project, 'node_modules/@llm/tensor'); // @llm/tensor as npm installs it, with no build
mkdirSync(path.join(tensor, 'dist'), { recursive: true });
writeFileSync(path.join(tensor, 'package.json'), '{}');

afterAll(() => rmSync(project, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

describe('the library of the native engine', () => {
  it('is the one of the platform package where none was built, and loads', () => {
    expect(findLibrary(path.join(tensor, 'dist'))).toBeUndefined();
    const made = spawnSync(process.execPath, [PREBUILD, path.join(project, 'packages')]);
    expect(made.status, made.stderr.toString()).toBe(0);
    const folder = path.join(project, 'packages', `tensor-${TARGET}`);
    const installed = path.join(project, 'node_modules', prebuiltPackage());
    cpSync(folder, installed, { recursive: true });

    const library = findLibrary(path.join(tensor, 'dist'));
    expect(library).toBe(path.join(installed, 'llm_tensor.node'));
    const addon = createRequire(import.meta.url)(library!) as Addon;
    expect(addon.instructionNames()).toContain('Relu');
    expect(JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8'))).toMatchObject({
      name: `@llm/tensor-${TARGET}`,
      os: [process.platform],
      cpu: [process.arch],
      files: ['llm_tensor.node'],
    });
  });

  it('is the built one where both are there', () => {
    const built = path.join(tensor, 'native/build/llm_tensor.node');
    mkdirSync(path.dirname(built), { recursive: true });
    copyFileSync(findLibrary()!, built);
    expect(findLibrary(path.join(tensor, 'dist'))).toBe(built);
  });

  it('says what a file that does not load is, and what to do', () => {
    const broken = path.join(project, 'broken.node');
    writeFileSync(broken, 'no library');
    vi.stubEnv('LLM_NATIVE_LIBRARY', broken);
    expect(loadAddon).toThrow(`native: library: expected ${broken} to load into Node`);
    expect(loadAddon).toThrow('Run node native/build.mjs in @llm/tensor to build it here.');
  });
});

// docs/kernels.md says of every kernel that tfjs-core names who answers it. It is written by
// `node tools/bench/kernels.mjs --out docs/kernels.md`; here it is held against what the backend registers.
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { useBackend } from '../use-backend.ts';
import { NATIVE_KERNELS } from './kernels/index.ts';

const DOCUMENT = new URL('../../../../../docs/kernels.md', import.meta.url);
const HOW = 'Run `npm run setup && node tools/bench/kernels.mjs --out docs/kernels.md`.';

const text = readFileSync(DOCUMENT, 'utf8');

/** Kernel → 'C++', 'JavaScript' or 'no work'. */
const sides = new Map(
  [...text.matchAll(/^\| (\w+) +\| (C\+\+|JavaScript|no work) +\|/gm)].map((m) => [m[1], m[2]]),
);
const withoutKernel = [...text.matchAll(/^- (\w+): /gm)].map((m) => m[1]);

/** tfjs-core exports each kernel's name as a constant of that name. */
const names = Object.entries(tf)
  .filter(([key, value]) => key === value)
  .map(([key]) => key);

beforeAll(async () => {
  await useBackend('native');
});

it('lists every kernel that tfjs-core names, and no other', () => {
  expect([...sides.keys(), ...withoutKernel].sort(), HOW).toEqual([...names].sort());
});

it('says of each who answers it', () => {
  const native = new Set(NATIVE_KERNELS.map(({ kernelName }) => kernelName));
  const wrong = [...sides].filter(
    ([name, side]) => (side === 'C++') !== native.has(name as string),
  );
  expect(wrong, HOW).toEqual([]);
});

it('calls nameless what no backend answers', () => {
  const answered = withoutKernel.filter((name) => tf.getKernel(name as string, 'native') != null);
  expect(answered.filter((name) => name !== 'Draw')).toEqual([]); // Draw needs a browser's canvas
});

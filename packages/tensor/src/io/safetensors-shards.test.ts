import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useBackend } from '../backends/use-backend.ts';
import { FormatError } from '../errors/errors.ts';
import { openSafetensors } from './safetensors-read.ts';
import { writeSafetensorsShards } from './safetensors-shards.ts';

beforeAll(() => useBackend('cpu'));

const root = mkdtempSync(join(tmpdir(), 'llm-shards-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folder = root;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});

/** a and b of 40 bytes, c of 120, d of 8, e of none. */
const tensors = () =>
  Object.entries({
    a: tf.range(0, 10),
    b: tf.range(10, 20),
    c: tf.range(0, 30),
    d: tf.tensor1d([5, 6], 'int32'),
    e: tf.zeros([0, 2]),
  });

const INDEX = 'model.safetensors.index.json';
const index = () =>
  JSON.parse(readFileSync(join(folder, INDEX), 'utf8')) as Record<string, unknown>;
const write = (maxShardBytes?: number) =>
  writeSafetensorsShards(folder, tensors(), maxShardBytes === undefined ? {} : { maxShardBytes });

describe('writeSafetensorsShards', () => {
  it('cuts where a file would grow beyond the limit', async () => {
    expect(await write(100)).toEqual([
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
    ]);
    expect(index()).toEqual({
      metadata: { total_size: 208 },
      weight_map: {
        a: 'model-00001-of-00003.safetensors',
        b: 'model-00001-of-00003.safetensors',
        c: 'model-00002-of-00003.safetensors', // larger than the limit: alone
        d: 'model-00003-of-00003.safetensors',
        e: 'model-00003-of-00003.safetensors',
      },
    });
    const file = await openSafetensors(join(folder, INDEX));
    expect(Object.fromEntries(file.metadata)).toEqual({ format: 'pt' });
    expect([...file.tensors.keys()]).toEqual(['a', 'b', 'c', 'd', 'e']);
    for (const [name, tensor] of tensors()) {
      const read = await file.read(name);
      expect([read.dtype, read.shape]).toEqual([tensor.dtype, tensor.shape]);
      expect([...read.dataSync()]).toEqual([...tensor.dataSync()]);
    }
    await expect(file.read('f')).rejects.toThrow(RangeError);
    await file.close();
  });

  it('writes one file without an index where all fits, and removes what was there before', async () => {
    await write(100);
    writeFileSync(join(folder, 'other.safetensors'), '');
    expect(await write()).toEqual(['model.safetensors']);
    expect(readdirSync(folder).sort()).toEqual(['model.safetensors', 'other.safetensors']);
    await write(160);
    expect(readdirSync(folder)).not.toContain('model.safetensors');
  });

  it('halves what it cuts when it stores 16-bit floats', async () => {
    const options = { maxShardBytes: 100, dtype: 'BF16' } as const;
    expect(await writeSafetensorsShards(folder, tensors(), options)).toHaveLength(2);
    const file = await openSafetensors(join(folder, INDEX));
    expect(file.tensors.get('c')).toMatchObject({ dtype: 'BF16', byteLength: 60 });
    expect(file.tensors.get('d')).toMatchObject({ dtype: 'I32' });
    await file.close();
  });

  it('refuses a limit of nothing', async () => {
    await expect(write(0)).rejects.toThrow('maxShardBytes: expected at least 1, got 0');
  });
});

describe('an index that does not fit its shards', () => {
  const change = (edit: (map: Record<string, unknown>) => unknown) => {
    const parsed = index();
    edit(parsed['weight_map'] as Record<string, unknown>);
    writeFileSync(join(folder, INDEX), JSON.stringify(parsed));
  };
  const first = 'model-00001-of-00003.safetensors';

  it.each<[string, (map: Record<string, unknown>) => unknown, RegExp]>([
    [
      'a tensor that is nowhere',
      (map) => (map['z'] = first),
      /z: expected in model-00001.* got no such tensor/,
    ],
    [
      'a tensor in another shard',
      (map) => (map['d'] = first),
      /d: expected in model-00001.*, got it in model-00003/,
    ],
    [
      'a tensor that it leaves out',
      (map) => delete map['a'],
      /a: expected in none, got it in model-00001/,
    ],
    [
      'a path',
      (map) => (map['a'] = '../x.safetensors'),
      /expected names of safetensors files beside it, got "\.\.\/x/,
    ],
    ['a number', (map) => (map['a'] = 1), /expected names .* got 1/],
  ])('is refused: %s', async (_, edit, message) => {
    await write(100);
    change(edit);
    const opening = openSafetensors(join(folder, INDEX));
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow(FormatError);
  });

  it.each(['', '[]', '{"weight_map": []}', '{}'])('is refused: %s', async (text) => {
    writeFileSync(join(folder, INDEX), text);
    await expect(openSafetensors(join(folder, INDEX))).rejects.toThrow(
      /expected (JSON|weight_map)/,
    );
  });

  it('names a shard that is not there', async () => {
    await write(100);
    rmSync(join(folder, first));
    await expect(openSafetensors(join(folder, INDEX))).rejects.toThrow(first);
  });
});

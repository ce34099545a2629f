import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../backends/use-backend.ts';
import { FormatError, ShapeError } from '../errors/errors.ts';
import { BLOCK_TYPES, type BlockType } from './blocks/block-type.ts';
import { dequantize, quantize } from './blocks/quantize.ts';
import { type GgufMetadataValue, ggufNumber } from './gguf-metadata-bytes.ts';
import { openGguf } from './gguf-read.ts';
import { type GgufTensor, writeGguf } from './gguf-write.ts';

beforeAll(() => useBackend('cpu'));

const folder = mkdtempSync(join(tmpdir(), 'llm-gguf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'out.gguf');

const METADATA: [string, GgufMetadataValue][] = [
  ['general.architecture', 'llama'],
  ['text', 'héllo 🌍\u0000'],
  ['flag', true],
  ['count', 7],
  ['negative', -7],
  ['fraction', 0.5],
  ['base', ggufNumber('float32', 10000)],
  ['byte', ggufNumber('uint8', 255)],
  ['large', 2n ** 63n],
  ['long', ggufNumber('int64', -(2 ** 40))],
  ['double', ggufNumber('float64', 0.1)],
  ['texts', ['a', '', '日本']],
  ['flags', [true, false]],
  ['scores', Float32Array.of(0.5, -2)],
  ['types', Int32Array.of(1, -1)],
  ['bytes', Uint8Array.of(0, 255)],
  ['longs', BigInt64Array.of(-5n)],
  ['nothing', []],
];

const values = (n: number) =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(i) * (1 + (i % 7)));

describe('writeGguf', () => {
  it('writes metadata that is read back', async () => {
    await writeGguf(path, { metadata: METADATA, tensors: [] });
    const file = await openGguf(path);
    await file.close();
    expect(file.version).toBe(3);
    const plain = METADATA.map(([key, value]) => {
      if (typeof value === 'object' && 'value' in value) return [key, value.value];
      return [key, ArrayBuffer.isView(value) ? [...value].map(Number) : value];
    });
    expect([...file.metadata]).toEqual(plain);
  });

  it('says which type a number has', async () => {
    await writeGguf(path, { metadata: [['k', ggufNumber('float32', 1)]], tensors: [] });
    const file = await openGguf(path);
    await file.close();
    // 'GGUF', version, 0 tensors, 1 entry, length 1, 'k', then the type: 6 is float32.
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(path);
    expect(bytes.readUInt32LE(4 + 4 + 8 + 8 + 8 + 1)).toBe(6);
    expect(bytes.length % 32).toBe(0);
  });

  it('writes tensors of every type, aligned, from tensors, floats and blocks', async () => {
    const x = values(3 * 256);
    const tensor = tf.tensor(x, [3, 256]);
    const before = tf.memory().numTensors;
    const tensors = BLOCK_TYPES.flatMap((type): GgufTensor[] => [
      { name: `${type}.floats`, type, shape: [3, 256], data: x },
      { name: `${type}.tensor`, type, shape: [3, 256], data: tensor },
      { name: `${type}.lazy`, type, shape: [3, 256], data: () => tf.tensor(x, [3, 256]) },
      { name: `${type}.blocks`, type, shape: [1, 3, 256], data: async () => quantize(type, x) },
    ]);
    const seen: string[] = [];
    await writeGguf(path, { metadata: [], tensors, onTensor: (name) => seen.push(name) });
    expect(tf.memory().numTensors).toBe(before);
    expect(seen).toEqual(tensors.map(({ name }) => name));
    const file = await openGguf(path);
    for (const { name, type, shape } of tensors) {
      const info = file.tensors.get(name)!;
      expect(info).toMatchObject({ type, shape });
      expect(info.offset % 32).toBe(0);
      const got = await file.dequantize(name);
      expect(got.dataSync()).toEqual(dequantize(type, quantize(type, x)));
      expect(await file.bytes(name)).toEqual(quantize(type, x));
      const blocks = await file.blocks(name);
      expect(new Uint8Array(blocks.dataSync())).toEqual(quantize(type, x));
      tf.dispose([got, blocks]);
    }
    await file.close();
    tensor.dispose();
  });

  it.each<[string, Partial<GgufTensor>, RegExp, new () => Error]>([
    [
      'a row of half a block',
      { type: 'Q4_K', shape: [2, 128] },
      /w: expected rows of a multiple of 256 for Q4_K, got \[2,128\]/,
      ShapeError,
    ],
    ['five axes', { shape: [1, 1, 1, 1, 256] }, /at most 4 axes/, ShapeError],
    [
      'too few values',
      { shape: [257], type: 'F16' },
      /w: expected 257 values for F16 \[257\], got 256/,
      FormatError,
    ],
    ['too few bytes', { data: new Uint8Array(3), type: 'Q8_0' }, /expected 272 bytes/, FormatError],
    ['a name of 64 bytes', { name: 'n'.repeat(64) }, /at most 63 bytes/, RangeError],
    [
      'an infinite weight',
      { data: values(256).fill(Infinity), type: 'Q4_0' },
      /w: quantize: values: .* got Infinity at 0/,
      RangeError,
    ],
    ['another type', { type: 'IQ4_NL' as BlockType }, /w: type: expected one of/, Error],
  ])('refuses %s and leaves no file', async (_, change, message, kind) => {
    rmSync(path, { force: true });
    const tensor: GgufTensor = {
      name: 'w',
      type: 'F32',
      shape: [256],
      data: values(256),
      ...change,
    };
    const writing = writeGguf(path, { metadata: [], tensors: [tensor] });
    await expect(writing).rejects.toThrow(message);
    await expect(writing).rejects.toThrow(kind);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses a key twice, a tensor twice, and numbers that a type cannot hold', async () => {
    const write = (metadata: [string, GgufMetadataValue][], tensors: GgufTensor[] = []) =>
      writeGguf(path, { metadata, tensors });
    const w: GgufTensor = { name: 'w', type: 'F32', shape: [256], data: values(256) };
    await expect(
      write([
        ['k', 1],
        ['k', 2],
      ]),
    ).rejects.toThrow('metadata: expected each name once, got k');
    await expect(write([['general.alignment', 64]])).rejects.toThrow(
      'general.alignment: expected 32',
    );
    await expect(write([], [w, w])).rejects.toThrow('tensors: expected each name once, got w');
    await expect(write([['k', 2 ** 32]])).rejects.toThrow(
      'expected one that uint32 holds, got 4294967296',
    );
    await expect(write([['k', ['a', 1] as unknown as string[]]])).rejects.toThrow(
      'k: expected strings, got number at 1',
    );
    for (const value of [null, undefined, { value: 1 }]) {
      const metadata = [['k', value as unknown as number]] as [string, GgufMetadataValue][];
      await expect(write(metadata)).rejects.toThrow(
        'k: expected text, a flag, a number or an array',
      );
    }
    expect(() => ggufNumber('uint8', 256)).toThrow(RangeError);
    expect(() => ggufNumber('int32', 0.5)).toThrow(RangeError);
  });

  it('reads back whatever keys, values and tensors it wrote', async () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.boolean(),
      fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }),
      fc.array(fc.string(), { minLength: 1 }),
      fc.int32Array(),
      fc.float32Array({ noNaN: true }),
    );
    const name = fc.stringMatching(/^[a-z.]{1,20}$/);
    const tensor = fc.record({ name, rows: fc.nat(3), columns: fc.nat(40) });
    const contents = fc.record({
      metadata: fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 8 }),
      tensors: fc.uniqueArray(tensor, { selector: (entry) => entry.name, maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(contents, async ({ metadata, tensors }) => {
        const made = tensors.map(({ name: tensorName, rows, columns }): GgufTensor => {
          const data = values(rows * columns);
          return { name: tensorName, type: 'F32', shape: [rows, columns], data };
        });
        await writeGguf(path, { metadata, tensors: made });
        const file = await openGguf(path);
        const plain = metadata.map(([key, written]) => [
          key,
          ArrayBuffer.isView(written) ? [...written] : written,
        ]);
        expect([...file.metadata]).toEqual(plain);
        for (const { name: tensorName, shape, data } of made) {
          const read = await file.dequantize(tensorName);
          expect([read.shape, read.dataSync()]).toEqual([shape, data]);
          read.dispose();
        }
        await file.close();
      }),
      { numRuns: 100 },
    );
  });
});

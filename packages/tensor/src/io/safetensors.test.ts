import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backends/use-backend.ts';
import { FormatError, UnsupportedError } from '../errors/errors.ts';
import { bytesSource } from './byte-source.ts';
import { openSafetensors } from './safetensors-read.ts';
import { writeSafetensors } from './safetensors-write.ts';

beforeAll(() => useBackend('cpu'));
const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

interface PythonView {
  metadata: Record<string, string>;
  tensors: Record<string, { dtype: string; shape: number[]; values: number[] }>;
}
const pythonView = (name: string) =>
  JSON.parse(readFileSync(fixture(`${name}-safetensors.json`), 'utf8')) as PythonView;

describe('openSafetensors', () => {
  const expected = pythonView('python');

  it('reads the metadata and lists the tensors without reading them', async () => {
    const file = await openSafetensors(fixture('python.safetensors'));
    expect(Object.fromEntries(file.metadata)).toEqual(expected.metadata);
    expect([...file.tensors.keys()].sort()).toEqual(Object.keys(expected.tensors).sort());
    expect(file.tensors.get('f16')).toMatchObject({ dtype: 'F16', shape: [7], byteLength: 14 });
    await file.close();
    await file.close();
  });

  it.each(Object.keys(expected.tensors))('reads %s as Python does', async (name) => {
    const file = await openSafetensors(fixture('python.safetensors'));
    const tensor = await file.read(name);
    await file.close();
    const { dtype, shape, values } = expected.tensors[name]!;
    const isFloat = dtype.includes('float');
    expect(tensor.shape).toEqual(shape);
    expect(tensor.dtype).toBe(isFloat ? 'float32' : dtype === 'bool' ? 'bool' : 'int32');
    expect([...tensor.dataSync()]).toEqual(isFloat ? values.map(Math.fround) : values);
  });

  it('does not share memory with the bytes it read from', async () => {
    const bytes = new Uint8Array(readFileSync(fixture('python.safetensors')));
    const tensor = await (await openSafetensors(bytesSource(bytes))).read('f32');
    const before = [...tensor.dataSync()];
    bytes.fill(0);
    expect([...tensor.dataSync()]).toEqual(before);
  });

  it('says which names there are not', async () => {
    const file = await openSafetensors(fixture('python.safetensors'));
    await expect(file.read('none')).rejects.toThrow(/expected a tensor's name, got 'none'/);
    await file.close();
  });
});

describe('writeSafetensors', () => {
  const tensors = () =>
    new Map<string, tf.Tensor>([
      ['mask', tf.tensor1d([1, 0, 1], 'bool')],
      [
        'weight',
        tf.tensor2d([
          [1.5, -2],
          [3, 1 / 3],
        ]),
      ],
      ['ids', tf.tensor1d([2147483647, -5], 'int32')],
      ['scalar', tf.scalar(-0)],
      ['empty', tf.zeros([0, 3])],
      ['ä.0', tf.ones([1, 1])],
    ]);

  it('round-trips every dtype, shape, name and the metadata', async () => {
    const path = join(folder, 'ours.safetensors');
    const written = tensors();
    await writeSafetensors(path, written, { metadata: { format: 'pt', step: '7' } });
    const file = await openSafetensors(path);
    expect(Object.fromEntries(file.metadata)).toEqual({ format: 'pt', step: '7' });
    for (const [name, tensor] of written) {
      const read = await file.read(name);
      expect([read.dtype, read.shape]).toEqual([tensor.dtype, tensor.shape]);
      expect([...read.dataSync()]).toEqual([...tensor.dataSync()]);
    }
    await file.close();
  });

  it('writes the bytes that Python has read back', async () => {
    // To renew: write the file below to fixtures/, then run tools/fixtures/safetensors_files.py.
    const path = join(folder, 'for-python.safetensors');
    await writeSafetensors(path, tensors());
    expect(readFileSync(path).equals(readFileSync(fixture('ours.safetensors')))).toBe(true);
    const { metadata, tensors: read } = pythonView('ours');
    expect(metadata).toEqual({ format: 'pt' });
    for (const [name, tensor] of tensors()) {
      expect(read[name]!.shape).toEqual(tensor.shape);
      expect(read[name]!.values).toEqual([...tensor.dataSync()]);
    }
  });

  it('stores 16-bit floats, I64 and U8 on request, to the bits of Python', async () => {
    const path = join(folder, 'halves.safetensors');
    const half = [0, -0, 1 / 3, 65504, 6e-8, 6.1e-5, -1.5]; // as tools/fixtures/safetensors_files.py has them
    const made = { shape: [7], dtype: 'float32', make: () => tf.tensor1d(half) } as const;
    const dtypes = { f16: 'F16', bf16: 'BF16', i64: 'I64', u8: 'U8', mask: 'U8' } as const;
    const before = tf.memory().numTensors;
    const ints = tf.tensor1d([2147483647, -2147483648, -1, 0], 'int32');
    const bytes = tf.tensor1d([0, 255, 7], 'int32');
    const mask = tf.tensor1d([1, 0], 'bool');
    const entries = Object.entries({ f16: made, bf16: made, i64: ints, u8: bytes, mask });
    const dtype = (name: string) => dtypes[name as keyof typeof dtypes];
    await writeSafetensors(path, entries, { dtype });
    tf.dispose([ints, bytes, mask]);
    expect(tf.memory().numTensors).toBe(before);
    const file = await openSafetensors(path);
    const python = await openSafetensors(fixture('python.safetensors'));
    for (const name of ['f16', 'bf16', 'i64', 'u8']) {
      expect(file.tensors.get(name)!.dtype).toBe(name.toUpperCase());
      const [ours, theirs] = [await file.read(name), await python.read(name)];
      expect([...ours.dataSync()]).toEqual([...theirs.dataSync()]);
      tf.dispose([ours, theirs]);
    }
    expect(file.tensors.get('mask')!.dtype).toBe('U8');
    await file.close();
    await python.close();
  });

  it('refuses what a dtype cannot hold', async () => {
    const path = join(folder, 'refused.safetensors');
    const large = tf.tensor1d([1, 70000]);
    const write = (dtype: 'F16' | 'U8') =>
      writeSafetensors(path, [['w', large]], { dtype: () => dtype });
    await expect(write('F16')).rejects.toThrow('writeSafetensors: w: quantize: values: expected');
    await expect(write('U8')).rejects.toThrow(
      'w: expected one of F32, F16, BF16 for float32, got U8',
    );
    const wide = [['w', tf.tensor1d([256], 'int32')]] as const;
    const asU8 = writeSafetensors(path, wide, { dtype: () => 'U8' });
    await expect(asU8).rejects.toThrow('w: expected 0 … 255 for U8, got 256');
  });

  it('refuses strings and a name given twice, and leaves nothing behind', async () => {
    const path = join(folder, 'refused.safetensors');
    await expect(writeSafetensors(path, [['s', tf.tensor1d(['a'])]])).rejects.toThrow(
      'writeSafetensors: s: expected float32, int32 or bool, got string.',
    );
    const twice: [string, tf.Tensor][] = [
      ['a', tf.scalar(1)],
      ['a', tf.scalar(2)],
    ];
    await expect(writeSafetensors(path, twice)).rejects.toThrow(RangeError);
    await expect(openSafetensors(path)).rejects.toThrow('ENOENT');
  });
});

/** A file with this header text and so many data bytes. */
function fileOf(header: string | object, dataBytes = 0, length?: bigint): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === 'string' ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const f32 = (shape: unknown, begin: unknown, end: unknown) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('a hostile safetensors file', () => {
  const cases: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /expected at least 8 bytes, got 0/],
    ['a header beyond the file', fileOf('{}', 0, 2n ** 63n), /header: expected at most 2 bytes/],
    ['no JSON', fileOf('{'), /expected JSON/],
    ['invalid UTF-8', fileOf('{"\u00e9":1}').fill(0xff, 10, 11), /expected JSON/],
    ['a JSON array', fileOf('[]'), /expected a JSON object/],
    [
      'metadata of numbers',
      fileOf({ __metadata__: { a: 1 } }),
      /__metadata__: a: expected a string/,
    ],
    [
      'an unknown dtype',
      fileOf({ a: { ...f32([], 0, 4), dtype: 'F128' } }, 4),
      /dtype: expected one/,
    ],
    [
      'a dtype from the prototype',
      fileOf({ a: { ...f32([], 0, 4), dtype: 'toString' } }, 4),
      /dtype/,
    ],
    ['a negative size', fileOf({ a: f32([-1], 0, 4) }, 4), /shape: expected/],
    ['a fractional size', fileOf({ a: f32([0.5], 0, 2) }, 2), /shape: expected/],
    [
      'an overflowing shape',
      fileOf({ a: f32([2 ** 52, 2 ** 52], 0, 4) }, 4),
      /expected 8\.\d+e\+31 bytes/,
    ],
    ['offsets the wrong way round', fileOf({ a: f32([0], 4, 0) }, 4), /data_offsets/],
    [
      'a size that is not the shape’s',
      fileOf({ a: f32([2], 0, 4) }, 4),
      /expected 8 bytes for F32 \[2\], got 4/,
    ],
    ['data beyond the file', fileOf({ a: f32([2], 0, 8) }, 4), /The file is truncated/],
    ['data that nobody owns', fileOf({ a: f32([], 0, 4) }, 8), /Something was appended/],
    ['an overlap', fileOf({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8), /an overlap/],
    ['a gap', fileOf({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /a gap/],
  ];

  it.each(cases)('is refused: %s', async (_, bytes, message) => {
    const opening = openSafetensors(bytesSource(bytes, 'evil.safetensors'));
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow(FormatError);
    await expect(opening).rejects.toThrow(/^openSafetensors: evil\.safetensors: /);
  });

  it('is refused on reading where a bool is not 0 or 1', async () => {
    const bytes = fileOf({ a: { dtype: 'BOOL', shape: [1], data_offsets: [0, 1] } }, 1);
    bytes[bytes.length - 1] = 2;
    const file = await openSafetensors(bytesSource(bytes));
    await expect(file.read('a')).rejects.toThrow('expected BOOL 0 or 1, got 2');
  });

  it('is refused on reading where int32 cannot hold a number', async () => {
    const bytes = fileOf({ a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, 8);
    new DataView(bytes.buffer).setBigInt64(bytes.length - 8, 2n ** 31n, true);
    const file = await openSafetensors(bytesSource(bytes));
    await expect(file.read('a')).rejects.toThrow(/within int32, got 2147483648/);
    await expect(file.read('a')).rejects.toThrow(UnsupportedError);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../backends/use-backend.ts';
import { FormatError, UnsupportedError } from '../errors/errors.ts';
import { bytesSource } from './byte-source.ts';
import { openGguf } from './gguf-read.ts';

beforeAll(() => useBackend('cpu'));

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const tiny = () => new Uint8Array(readFileSync(fixture('tiny.gguf')));
const open = (bytes: Uint8Array) => openGguf(bytesSource(bytes, 'evil.gguf'));

describe('openGguf', () => {
  it('reads every type of metadata', async () => {
    const file = await openGguf(fixture('tiny.gguf'));
    await file.close();
    expect(file.version).toBe(3);
    // As tools/fixtures/gguf_blocks.py wrote them.
    expect(Object.fromEntries(file.metadata)).toEqual({
      'general.architecture': 'llama',
      'general.alignment': 64,
      'test.u8': 255,
      'test.i8': -128,
      'test.u16': 65535,
      'test.i16': -32768,
      'test.u32': 4294967295,
      'test.i32': -2147483648,
      'test.u64': 2n ** 64n - 1n,
      'test.i64': -(2 ** 53) + 1,
      'test.f32': 0.5,
      'test.f64': 0.1,
      'test.bool': true,
      'test.string': 'héllo 🌍\u0000 end',
      'test.strings': ['a', '', '日本'],
      'test.floats': [0.5, -2],
      'test.nested': [[1, 2], [3], [4, 5, 6]],
    });
  });

  it('finds and dequantises the tensors as gguf-py does', async () => {
    const expected = JSON.parse(readFileSync(fixture('tiny-gguf.json'), 'utf8')) as Record<
      string,
      { shape: number[]; type: string; offset: number; floats: string }
    >;
    const file = await openGguf(fixture('tiny.gguf'));
    expect([...file.tensors.keys()]).toEqual(Object.keys(expected));
    for (const [name, { shape, type, offset, floats }] of Object.entries(expected)) {
      expect(file.tensors.get(name)).toMatchObject({ shape, type, offset });
      const tensor = await file.dequantize(name);
      expect(tensor.shape).toEqual(shape);
      const bytes = Buffer.from((tensor.dataSync() as Float32Array).slice().buffer);
      expect(bytes.toString('base64')).toBe(floats);
    }
    await file.close();
  });

  it('reads version 2, whose layout is the same', async () => {
    const bytes = tiny();
    bytes[4] = 2;
    const file = await open(bytes);
    expect(file.version).toBe(2);
    expect(file.tensors.size).toBe(3);
  });

  it('names a quantisation that it cannot read', async () => {
    const bytes = tiny();
    const at = Buffer.from(bytes).indexOf('a.weight') + 'a.weight'.length + 4 + 16;
    expect(bytes[at]).toBe(3); // Q4_1
    bytes[at] = 20; // IQ4_NL, whose blocks are as long or shorter
    const file = await open(bytes);
    expect(file.tensors.get('a.weight')!.type).toBe('IQ4_NL');
    await expect(file.dequantize('a.weight')).rejects.toThrow(
      /dequantize: a\.weight: type: expected one of F32, .*, got IQ4_NL/,
    );
    await expect(file.dequantize('a.weight')).rejects.toThrow(UnsupportedError);
    await expect(file.dequantize('none')).rejects.toThrow(RangeError);
  });
});

/** Little-endian pieces of a GGUF file. */
const u32 = (n: number) => new Uint8Array(Uint32Array.of(n).buffer);
const u64 = (n: number | bigint) => new Uint8Array(BigUint64Array.of(BigInt(n)).buffer);
const text = (s: string) => join8(u64(Buffer.byteLength(s)), new TextEncoder().encode(s));
function join8(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
const file = (tensors: number | bigint, entries: number | bigint, ...rest: Uint8Array[]) =>
  join8(new TextEncoder().encode('GGUF'), u32(3), u64(tensors), u64(entries), ...rest);
const tensor = (name: string, sizes: (number | bigint)[], type: number, offset: number | bigint) =>
  join8(text(name), u32(sizes.length), ...sizes.map(u64), u32(type), u64(offset));
const pad = (bytes: Uint8Array, data = 0) =>
  join8(bytes, new Uint8Array(Math.ceil(bytes.length / 32) * 32 - bytes.length + data));
const nested = (depth: number) =>
  join8(
    text('k'),
    u32(9),
    ...Array.from({ length: depth }, () => join8(u32(9), u64(1))),
    u32(0),
    u64(0),
  );

describe('a hostile GGUF file', () => {
  const cases: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /got the end of the file/],
    ['another format', new TextEncoder().encode('{"a": 1}      '), /begins with GGUF/],
    [
      'version 1',
      join8(new TextEncoder().encode('GGUF'), u32(1)),
      /version: expected 2 or 3.*got 1/,
    ],
    ['big-endian', join8(new TextEncoder().encode('GGUF'), u32(3 << 24)), /got a big-endian file/],
    ['2^63 tensors', file(2n ** 63n, 0), /tensor count: expected at most 0/],
    ['2^40 entries', file(0, 2 ** 40), /metadata count: expected at most/],
    ['more entries than fit', file(0, 3, text('k'), u32(0), Uint8Array.of(1)), /metadata count/],
    ['a string beyond the file', file(0, 1, u64(2 ** 30), new Uint8Array(40)), /string length/],
    ['an array of 2^60', file(0, 1, text('k'), u32(9), u32(0), u64(2n ** 60n)), /array length/],
    [
      'an unknown value type',
      file(0, 1, text('k'), u32(13), u64(0)),
      /expected a value type 0 … 12, got 13/,
    ],
    ['a bool of 2', file(0, 1, text('k'), u32(7), Uint8Array.of(2)), /expected a bool/],
    [
      'a key twice',
      file(0, 2, text('k'), u32(0), Uint8Array.of(1), text('k'), u32(0), Uint8Array.of(1)),
      /each key once/,
    ],
    ['arrays 100 deep', file(0, 1, nested(100)), /at most 4 deep/],
    [
      'a negative alignment',
      file(0, 1, text('general.alignment'), u32(5), u32(-32 >>> 0)),
      /power of two/,
    ],
    ['an alignment of 0', file(0, 1, text('general.alignment'), u32(4), u32(0)), /power of two/],
    ['5 dimensions', file(1, 0, tensor('t', [1, 1, 1, 1, 1], 0, 0)), /at most 4 dimensions, got 5/],
    [
      '2^31 dimensions',
      file(1, 0, text('t'), u32(2 ** 31), u64(0), u64(0)),
      /at most 4 dimensions/,
    ],
    [
      'an overflowing shape',
      file(1, 0, tensor('t', [2n ** 40n, 2n ** 40n], 0, 0)),
      /sizes within the file/,
    ],
    ['an unknown tensor type', file(1, 0, tensor('t', [1], 77, 0)), /a known type, got 77/],
    [
      'a row that is no whole block',
      file(1, 0, tensor('t', [33], 3, 0)),
      /rows of a multiple of 32 for Q4_1, got 33/,
    ],
    [
      'data beyond the file',
      pad(file(1, 0, tensor('t', [9], 0, 0)), 35),
      /expected 36 bytes at 64.*truncated/,
    ],
    [
      'an offset beyond the file',
      pad(file(1, 0, tensor('t', [1], 0, 2n ** 62n)), 32),
      /sizes within/,
    ],
    ['an unaligned offset', pad(file(1, 0, tensor('t', [1], 0, 4)), 64), /whole 32s, got 4/],
    [
      'a tensor twice',
      pad(file(2, 0, tensor('t', [1], 0, 0), tensor('t', [1], 0, 32)), 64),
      /each name once/,
    ],
    [
      'an overlap',
      pad(file(2, 0, tensor('t', [16], 0, 0), tensor('u', [1], 0, 32)), 64),
      /an overlap/,
    ],
  ];

  it.each(cases)('is refused: %s', async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(message);
    await expect(open(bytes)).rejects.toThrow(FormatError);
    await expect(open(bytes)).rejects.toThrow(/^openGguf: evil\.gguf: /);
  });

  it('accepts what the cases are made from', async () => {
    const good = pad(file(1, 1, nested(2), tensor('t', [2, 3], 0, 0)), 24);
    expect((await open(good)).tensors.get('t')!.shape).toEqual([3, 2]);
  });
});

describe('SmolLM2-135M-Instruct, Q4_1', () => {
  const models = process.env.LLM_MODELS;
  const path = models && join(models, 'smollm2-135m-instruct', 'SmolLM2-135M-Instruct.Q4_1.gguf');
  const isThere = path !== undefined && existsSync(path);

  it.runIf(process.env.CI === 'true')('is there in CI: set LLM_MODELS', () => {
    expect(isThere).toBe(true);
  });

  it.skipIf(!isThere)(
    'opens, and dequantises wholly within 2 s of processor time (needs LLM_MODELS)',
    async () => {
      const model = await openGguf(path!);
      expect(model.metadata.get('general.architecture')).toBe('llama');
      expect(model.metadata.get('tokenizer.ggml.tokens')).toHaveLength(49152);
      expect(model.tensors.get('token_embd.weight')!.shape).toEqual([49152, 576]);
      const begin = process.cpuUsage();
      let parameters = 0;
      for (const name of model.tensors.keys()) {
        const tensor = await model.dequantize(name);
        parameters += tensor.size;
        tensor.dispose();
      }
      const { user } = process.cpuUsage(begin);
      await model.close();
      expect(parameters).toBe(134_515_008);
      expect(user / 1e6).toBeLessThan(2);
    },
  );
});

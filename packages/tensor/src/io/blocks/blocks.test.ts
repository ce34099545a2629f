/** The reference in TypeScript and the native kernels against ggml and gguf-py, to the bit. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../backends/use-backend.ts';
import { FormatError, ShapeError, UnsupportedError } from '../../errors/errors.ts';
import { BLOCK_TYPES, blockFormat, type BlockType } from './block-type.ts';
import { dequantize, quantize } from './quantize.ts';

interface Case {
  type: BlockType;
  what: string;
  blocks: string;
  floats: string;
}

// tools/fixtures/gguf_blocks.py
const load = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/${name}`, import.meta.url), 'utf8'));
const cases = load('gguf-blocks.json') as Case[];
const quantised = load('gguf-quantise.json') as {
  values: string;
  blocks: Record<BlockType, string>;
};

const decode = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const floats = (base64: string) => new Float32Array(decode(base64).buffer);
const values = floats(quantised.values);
const types = Object.keys(quantised.blocks) as BlockType[];

/** The float32 bits, so that −0 counts; every NaN is one. */
const bits = (array: Float32Array) =>
  Array.from(new Uint32Array(array.slice().buffer), (word, i) =>
    Number.isNaN(array[i]) ? 'NaN' : word,
  );

/** Block index, byte and both values where two lots of blocks first differ. */
function firstDifference(type: BlockType, got: Uint8Array, expected: Uint8Array) {
  const at = expected.findIndex((byte, i) => byte !== got[i]);
  if (at === -1 && got.length === expected.length) return null;
  const { blockBytes } = blockFormat(type);
  return { block: Math.floor(at / blockBytes), byte: at % blockBytes, got: got[at] };
}

describe.each(['cpu', 'native'] as const)('on %s', (backend) => {
  beforeAll(() => useBackend(backend, { threads: 2 }));

  it.each(cases)('$type: $what blocks dequantise to the bits of gguf-py', (entry) => {
    const got = dequantize(entry.type, decode(entry.blocks));
    expect(got.length).toBeGreaterThanOrEqual(512);
    expect(bits(got)).toEqual(bits(floats(entry.floats)));
  });

  it.each(types)('%s: values quantise to the bytes of ggml', (type) => {
    const got = quantize(type, values);
    expect(firstDifference(type, got, decode(quantised.blocks[type]))).toBeNull();
  });

  it('covers every type by a fixture', () => {
    expect(new Set(cases.map(({ type }) => type))).toEqual(new Set(BLOCK_TYPES));
    expect(new Set(['F32', ...types])).toEqual(new Set(BLOCK_TYPES));
  });

  it.each(BLOCK_TYPES)('%s: nothing is nothing', (type) => {
    expect(quantize(type, new Float32Array(0))).toHaveLength(0);
    expect(dequantize(type, new Uint8Array(0), 0)).toHaveLength(0);
  });

  it('says what does not fit', () => {
    expect(() => quantize('Q4_K', new Float32Array(128))).toThrow(ShapeError);
    expect(() => quantize('Q8_0', new Float32Array(32).fill(65505))).toThrow(
      'quantize: values: expected numbers within ±65504 for Q8_0, got 65505 at 0.',
    );
    expect(() => quantize('Q2_K', new Float32Array(256).fill(NaN))).toThrow(RangeError);
    expect(() => quantize('F16', Float32Array.of(1, 65520))).toThrow('got 65520 at 1');
    expect(() => dequantize('Q8_0', new Uint8Array(33))).toThrow(FormatError);
    expect(() => dequantize('Q8_0', new Uint8Array(34), 33)).toThrow(
      'expected 33 elements of Q8_0',
    );
    expect(() => quantize('IQ4_NL' as BlockType, values)).toThrow(UnsupportedError);
  });
});

describe('native', () => {
  /** Many blocks of all magnitudes, split over threads. */
  const many = Float32Array.from({ length: 256 * 400 }, (_, i) => {
    const unit = ((i * 2654435761) >>> 0) / 2 ** 31 - 1;
    return unit ** 3 * 10 ** (((i >> 9) % 8) - 4);
  });

  it.each(types)('%s: gives the bytes and the bits of the reference', async (type) => {
    await useBackend('cpu');
    const bytes = quantize(type, many);
    const back = dequantize(type, bytes);
    for (const threads of [1, 3]) {
      await useBackend('native', { threads });
      expect(firstDifference(type, quantize(type, many), bytes)).toBeNull();
      expect(
        Buffer.compare(Buffer.from(dequantize(type, bytes).buffer), Buffer.from(back.buffer)),
      ).toBe(0);
    }
  });
});

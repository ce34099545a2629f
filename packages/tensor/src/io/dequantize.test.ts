import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEQUANTIZERS } from './dequantize.ts';

interface Case {
  type: string;
  what: string;
  blocks: string;
  floats: string;
}

// tools/fixtures/gguf_blocks.py
const url = new URL('../../fixtures/gguf-blocks.json', import.meta.url);
const cases = JSON.parse(readFileSync(url, 'utf8')) as Case[];

/** The float32 bits, so that −0 and NaN count. */
const bits = (floats: Float32Array) => new Uint32Array(floats.slice().buffer);
const decode = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

describe('dequantize', () => {
  it.each(cases)('$type: $what blocks give the bits that gguf-py gives', (entry) => {
    const floats = DEQUANTIZERS[entry.type]!(decode(entry.blocks));
    const expected = new Uint32Array(decode(entry.floats).buffer);
    expect(expected.length).toBeGreaterThan(500);
    expect(bits(floats)).toEqual(expected);
  });

  it('covers every dequantiser by a fixture', () => {
    expect(new Set(cases.map(({ type }) => type))).toEqual(new Set(Object.keys(DEQUANTIZERS)));
  });
});

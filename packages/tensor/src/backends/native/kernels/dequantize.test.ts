import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEQUANTIZERS } from '../../../io/dequantize.ts';
import { useBackend } from '../../use-backend.ts';

interface Case {
  type: string;
  what: string;
  blocks: string;
  floats: string;
}

// tools/fixtures/gguf_blocks.py
const url = new URL('../../../../fixtures/gguf-blocks.json', import.meta.url);
const cases = (JSON.parse(readFileSync(url, 'utf8')) as Case[]).filter(
  ({ type }) => type !== 'F32',
);
const decode = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

/** The float32 bits, so that −0 counts; every NaN is one. */
const bits = (floats: Float32Array) =>
  Array.from(new Uint32Array(floats.slice().buffer), (word, i) =>
    Number.isNaN(floats[i]) ? 'NaN' : word,
  );

function dequantize(type: string, bytes: Uint8Array, size: number): Float32Array {
  return tf.tidy(() => {
    const inputs = { bytes: tf.tensor1d(bytes, 'bool') };
    const out = tf.engine().runKernel('Dequantize', inputs, { type, shape: [size] }) as tf.Tensor;
    return out.dataSync<'float32'>();
  });
}

beforeAll(() => useBackend('native', { threads: 2 }));

describe('Dequantize on native', () => {
  it.each(cases)('$type: $what blocks give the bits that gguf-py gives', (entry) => {
    const expected = new Float32Array(decode(entry.floats).buffer);
    const got = dequantize(entry.type, decode(entry.blocks), expected.length);
    expect(bits(got)).toEqual(bits(expected));
  });

  it('has every type but F32, which is read as it is', () => {
    const types = new Set(['F32', ...cases.map(({ type }) => type)]);
    expect(types).toEqual(new Set(Object.keys(DEQUANTIZERS)));
  });

  it('gives the same on many blocks, split over threads', () => {
    const bytes = Uint8Array.from({ length: 20 * 5000 }, (_, i) => (i * 2654435761) >>> 24);
    const got = dequantize('Q4_1', bytes, 32 * 5000);
    expect(bits(got)).toEqual(bits(DEQUANTIZERS['Q4_1']!(bytes)));
  });

  it('refuses a number of bytes that is not whole blocks', () => {
    expect(() => dequantize('Q8_0', new Uint8Array(33), 32)).toThrow('blocks');
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../use-backend.ts';

// What the kernels compute is tested beside the reference, in io/blocks/blocks.test.ts.
beforeAll(() => useBackend('native', { threads: 2 }));

const run = (kernel: string, inputs: tf.NamedTensorMap, attrs: tf.NamedAttrMap) =>
  tf.tidy(() => (tf.engine().runKernel(kernel, inputs, attrs) as tf.Tensor).shape);

describe('Dequantize and Quantize on native', () => {
  it('refuse a number of bytes that is not whole blocks', () => {
    const bytes = tf.tensor1d(new Uint8Array(33), 'bool');
    expect(() => run('Dequantize', { bytes }, { type: 'Q8_0', shape: [32] })).toThrow('blocks');
    const x = tf.zeros([32]);
    expect(() => run('Quantize', { x }, { type: 'Q8_0', bytes: 33 })).toThrow('blocks');
    tf.dispose([bytes, x]);
  });

  it('refuse buffers that are too small', () => {
    const bytes = tf.tensor1d(new Uint8Array(68), 'bool');
    expect(() => run('Dequantize', { bytes }, { type: 'Q8_0', shape: [32] })).toThrow('out');
    const x = tf.zeros([32]);
    expect(() => run('Quantize', { x }, { type: 'Q4_K', bytes: 144 })).toThrow('x: expected 256');
    tf.dispose([bytes, x]);
  });
});

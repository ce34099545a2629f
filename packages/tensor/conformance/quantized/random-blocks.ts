// Random bytes that are valid blocks: every code, scales of about 2^-7, so that sums stay near one.
import { blockFormat } from '../../src/io/blocks/block-type.ts';
import type { QuantizedType } from '../../src/quantized/quantized-types.ts';

/** Where a block's float16 (BF16: bfloat16) fields lie. */
const HALVES: Readonly<Record<QuantizedType, readonly number[]>> = {
  F16: [0],
  BF16: [0],
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q2_K: [80, 82],
  Q3_K: [108],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
};

export function randomBlocks(type: QuantizedType, rows: number, columns: number): Uint8Array {
  const { blockSize, blockBytes } = blockFormat(type);
  const bytes = new Uint8Array((rows * columns * blockBytes) / blockSize);
  let state = 12345;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  const exponent = type === 'BF16' ? 0x3c : 0x20; // 2^-7, the sign and two more bits stay random
  for (let block = 0; block < bytes.length; block += blockBytes) {
    for (const at of HALVES[type]) {
      const high = block + at + 1;
      bytes[high] = exponent | (bytes[high]! & 0x83);
    }
  }
  return bytes;
}

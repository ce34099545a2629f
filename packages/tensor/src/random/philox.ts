/** Philox4x32-10: a counter-based generator. A block of four 32-bit words is a pure function of a
 *  128-bit counter and a 64-bit key, so any element can be made on its own, in any order, on any
 *  number of threads, with the same bits.
 *
 *  Salmon, Moraes, Dror, Shaw 2011, "Parallel Random Numbers: As Easy as 1, 2, 3", section 4.3.
 *  Checked against the known-answer vectors of Random123. */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9; // golden ratio
const WEYL_1 = 0xbb67ae85; // sqrt(3) − 1
const ROUNDS = 10;

/** A seed or a counter up to 2^53 − 1 as two 32-bit words, low first. */
export function splitWords(value: number): [low: number, high: number] {
  return [value >>> 0, Math.floor(value / 2 ** 32) >>> 0];
}

/** High 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16); // < 2^32, exact in a double
  const cross = aLow * bHigh + (middle & 0xffff); // < 2^32
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}

/** Writes the block at `counter` (four words, low first) under `key` (two words) to `out[offset…]`. */
export function philoxBlock(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
  offset = 0,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[offset] = c0;
  out[offset + 1] = c1;
  out[offset + 2] = c2;
  out[offset + 3] = c3;
}

/** Words of the stream of `seed`: word i is lane i mod 4 of block `firstBlock` + ⌊i / 4⌋.
 *  `stream` (counter words 2 and 3) separates uses that share a seed. */
export function philoxWords(seed: number, firstBlock: number, count: number, stream = 0) {
  const key = splitWords(seed);
  const [stream0, stream1] = splitWords(stream);
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  for (let i = 0; i < words.length; i += 4) {
    const [low, high] = splitWords(firstBlock + i / 4);
    philoxBlock([low, high, stream0, stream1], key, words, i);
  }
  return words.subarray(0, count);
}

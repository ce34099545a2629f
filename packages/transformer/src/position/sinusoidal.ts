// The fixed positions of the original Transformer (Vaswani et al. 2017): sines and cosines of
// position · 10000^(−2i/C). As tensor2tensor and Marian lay them out, all sines come first.
export function sinusoidalPositions(length: number, hiddenSize: number): Float32Array {
  const half = Math.ceil(hiddenSize / 2);
  const table = new Float32Array(length * hiddenSize);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < hiddenSize; i++) {
      const pair = i < half ? i : i - half;
      const angle = position / 10000 ** ((2 * pair) / hiddenSize);
      table[position * hiddenSize + i] = i < half ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}

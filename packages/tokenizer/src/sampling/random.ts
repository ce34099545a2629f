/** A small seeded generator: SplitMix32 fills the state of sfc32 (Chris Doty-Humphrey's PractRand). Same bits everywhere. */
export class Random {
  readonly #state: Int32Array;

  constructor(seed: number) {
    let mixed = seed | 0;
    this.#state = Int32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) | 0;
      let word = mixed ^ (mixed >>> 16);
      word = Math.imul(word, 0x21f0aaad);
      word ^= word >>> 15;
      word = Math.imul(word, 0x735a2d97);
      return word ^ (word >>> 15);
    });
    for (let i = 0; i < 12; i++) this.uniform();
  }

  /** From 0 to, but not including, 1; 32 bits. */
  uniform(): number {
    const state = this.#state;
    const [a, b, c, counter] = state as unknown as [number, number, number, number];
    const sum = (((a + b) | 0) + counter) | 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }
}

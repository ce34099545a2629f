/** Reading classified characters from UTF-8 bytes, for the hand-written scanners. The bytes must be valid UTF-8. */

/** Low 3 bits of a classified character: its class; the rest: its length in bytes. */
export const CLASS_MASK = 7;
export const LENGTH_SHIFT = 3;

export interface ClassReader {
  /** Class and byte length of the character at `i`. */
  classify(bytes: Uint8Array, i: number): number;
  /** End of the run from `i` on of characters whose class is set in the bits of `wanted`. */
  skip(bytes: Uint8Array, i: number, end: number, wanted: number): number;
}

/** @param classes A class below 8 for each code point; 0 beyond its end. */
export function classReader(classes: Uint8Array): ClassReader {
  const ascii = classes.slice(0, 128);

  function classify(bytes: Uint8Array, i: number): number {
    const first = bytes[i] as number;
    if (first < 0x80) return (ascii[first] as number) | (1 << LENGTH_SHIFT);
    const second = (bytes[i + 1] as number) & 0x3f;
    if (first < 0xe0) {
      return (classes[((first & 0x1f) << 6) | second] as number) | (2 << LENGTH_SHIFT);
    }
    const third = (bytes[i + 2] as number) & 0x3f;
    if (first < 0xf0) {
      const codePoint = ((first & 0x0f) << 12) | (second << 6) | third;
      return (classes[codePoint] as number) | (3 << LENGTH_SHIFT);
    }
    const fourth = (bytes[i + 3] as number) & 0x3f;
    const codePoint = ((first & 0x07) << 18) | (second << 12) | (third << 6) | fourth;
    return (classes[codePoint] ?? 0) | (4 << LENGTH_SHIFT);
  }

  function skip(bytes: Uint8Array, i: number, end: number, wanted: number): number {
    while (i < end) {
      const first = bytes[i] as number;
      if (first < 0x80) {
        if (((wanted >> (ascii[first] as number)) & 1) === 0) return i;
        i++;
      } else {
        const classified = classify(bytes, i);
        if (((wanted >> (classified & CLASS_MASK)) & 1) === 0) return i;
        i += classified >> LENGTH_SHIFT;
      }
    }
    return i;
  }

  return { classify, skip };
}

/** End of 's 't 'm 'd 're 've 'll at `i` in either case (ſ, U+017F, is a lower-case s too), or 0. */
export function contractionEnd(bytes: Uint8Array, i: number, end: number): number {
  if (i + 1 >= end || bytes[i] !== 0x27) return 0;
  const second = (bytes[i + 1] as number) | 0x20;
  if (second === 0x73 || second === 0x74 || second === 0x6d || second === 0x64) return i + 2;
  if (i + 2 >= end) return 0;
  if (bytes[i + 1] === 0xc5 && bytes[i + 2] === 0xbf) return i + 3;
  const third = (bytes[i + 2] as number) | 0x20;
  if ((second === 0x72 || second === 0x76) && third === 0x65) return i + 3;
  return second === 0x6c && third === 0x6c ? i + 3 : 0;
}

export function isNewline(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}

/** Characters of valid UTF-8. */

export function characterLength(firstByte: number): number {
  if (firstByte < 0x80) return 1;
  return firstByte < 0xe0 ? 2 : firstByte < 0xf0 ? 3 : 4;
}

/** The code point that begins at `i`. */
export function characterAt(bytes: Uint8Array, i: number): number {
  const first = bytes[i] as number;
  if (first < 0x80) return first;
  const second = (bytes[i + 1] as number) & 0x3f;
  if (first < 0xe0) return ((first & 0x1f) << 6) | second;
  const third = (bytes[i + 2] as number) & 0x3f;
  if (first < 0xf0) return ((first & 0x0f) << 12) | (second << 6) | third;
  return ((first & 0x07) << 18) | (second << 12) | (third << 6) | ((bytes[i + 3] as number) & 0x3f);
}

/**
 * The commonest piece, a word of ASCII letters of which only the first may be a capital, perhaps behind a blank, is the
 * same in every pattern that has a scanner, if no letter or apostrophe can follow. Its end, or 0.
 */
export function plainWordEnd(bytes: Uint8Array, start: number): number {
  let i = bytes[start] === 0x20 ? start + 1 : start;
  let byte = bytes[i] as number;
  if (byte >= 0x41 && byte <= 0x5a) byte = bytes[++i] as number;
  const low = i;
  while (byte >= 0x61 && byte <= 0x7a) byte = bytes[++i] as number;
  if (i === low || byte >= 0x80 || byte === 0x27 || (byte >= 0x41 && byte <= 0x5a)) return 0;
  return i;
}

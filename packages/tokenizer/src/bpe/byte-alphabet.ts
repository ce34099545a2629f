/**
 * The byte alphabet of GPT-2 (Radford et al. 2019): a printable character for each of the 256 bytes, so that a
 * vocabulary of byte strings can be written as text. Bytes that print stay themselves; the other 68 become the
 * characters from U+0100 on, in byte order. A space is therefore Ġ (U+0120), a newline Ċ (U+010A).
 */
function prints(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

function buildCharacters(): readonly string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(prints(byte) ? byte : next++),
  );
}

/** `BYTE_CHARACTERS[byte]`: its character. */
export const BYTE_CHARACTERS: readonly string[] = buildCharacters();

/** `CHARACTER_BYTES[code unit]`: its byte, or −1 where the character stands for none. Covers U+0000 to U+0143. */
export const CHARACTER_BYTES: Int16Array = buildBytes();

function buildBytes(): Int16Array {
  const bytes = new Int16Array(0x144).fill(-1);
  BYTE_CHARACTERS.forEach((character, byte) => (bytes[character.charCodeAt(0)] = byte));
  return bytes;
}

/** Text as the characters of its UTF-8 bytes: `byteCharacters('é') = 'Ã©'`. */
export function byteCharacters(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += BYTE_CHARACTERS[byte] ?? '';
  return text;
}

/** The bytes that a token of a byte-level vocabulary stands for; undefined if a character is not in the alphabet. */
export function tokenBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = CHARACTER_BYTES[token.charCodeAt(i)] ?? -1;
    if (byte < 0) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

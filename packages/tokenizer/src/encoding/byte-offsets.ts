/** From UTF-16 units to bytes of UTF-8. */
export function byteOffsetsOf(text: string): (offset: number) => number {
  const bytes = new Int32Array(text.length + 1);
  let byte = 0;
  for (let i = 0; i < text.length;) {
    const codePoint = text.codePointAt(i) as number;
    const units = codePoint > 0xffff ? 2 : 1;
    bytes.fill(byte, i, i + units);
    byte += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint > 0xffff ? 4 : 3;
    i += units;
  }
  bytes[text.length] = byte;
  return (offset) => bytes[offset] as number;
}

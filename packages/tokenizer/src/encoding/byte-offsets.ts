/** From UTF-16 units to bytes of UTF-8; a lone surrogate counts as U+FFFD. */
export function byteOffsetsOf(text: string): (offset: number) => number {
  let isAscii = true;
  for (let i = 0; i < text.length && isAscii; i++) isAscii = text.charCodeAt(i) < 0x80;
  if (isAscii) return (offset) => offset;
  const bytes = new Int32Array(text.length + 1);
  let byte = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[i] = byte;
    const next = unit >= 0xd800 && unit < 0xdc00 ? text.charCodeAt(i + 1) : 0;
    if (next >= 0xdc00 && next < 0xe000) {
      bytes[++i] = byte;
      byte += 4;
    } else byte += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  bytes[text.length] = byte;
  return (offset) => bytes[offset] as number;
}

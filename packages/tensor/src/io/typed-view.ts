type ViewConstructor<T> = {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
};

/** `bytes` seen as another typed array (little-endian, as every file format here and every machine
 *  that Node runs on); copied only where their place in memory is not aligned for it. */
export function typedView<T>(bytes: Uint8Array, View: ViewConstructor<T>): T {
  const size = View.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new View(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

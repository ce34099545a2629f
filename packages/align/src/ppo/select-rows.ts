/** Rows of a row-major [B, width] array, in the order asked for. */
export function selectRows<T extends Int32Array | Float32Array>(
  values: T,
  rows: Int32Array,
  width: number,
): T {
  const selected = values.slice(0, rows.length * width) as T;
  rows.forEach((row, i) =>
    selected.set(values.subarray(row * width, (row + 1) * width), i * width),
  );
  return selected;
}

import { kvCacheWrite, scope, ShapeError, tf, type Tensor } from '@llm/tensor';

/** Whether choosing these rows changes nothing. */
export const isIdentity = (rows: readonly number[], batch: number): boolean =>
  rows.length === batch && rows.every((row, i) => row === i);

/** @throws ShapeError for rows that do not exist */
export function checkRows(name: string, rows: readonly number[], batch: number): void {
  const wrong = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= batch);
  if (wrong === undefined && rows.length > 0) return;
  throw new ShapeError(
    `${name}.select: rows: expected integers in [0, ${batch}), got ${String(wrong ?? 'none')}. Name rows that exist.`,
  );
}

/** A buffer whose row i is row rows[i] of `buffer` [B, Smax, K, D] up to `length`; the old one is freed, or
 *  used again where the number of rows stays. */
export function selectRows(buffer: Tensor, rows: readonly number[], length: number): Tensor {
  const [batch, maxLength, K, D] = buffer.shape as [number, number, number, number];
  const isKept = rows.length === batch;
  const target = isKept
    ? buffer
    : tf.keep(tf.fill([rows.length, maxLength, K, D], 0, buffer.dtype));
  if (length > 0) {
    scope(() => {
      const filled = tf.slice(buffer, [0, 0, 0, 0], [batch, length, K, D]);
      kvCacheWrite(target, tf.gather(filled, [...rows], 0), 0);
    });
  }
  if (!isKept) buffer.dispose();
  return target;
}

/** The errors this package throws. Each message reads `op: argument: expected X, got Y. What to do.` */

/** A tensor has a shape, rank or dtype that the operation does not take. */
export class ShapeError extends Error {
  override name = 'ShapeError';
}

/** The operation, dtype or backend asked for does not exist here. */
export class UnsupportedError extends Error {
  override name = 'UnsupportedError';
}

/** A file or byte sequence is not what its format says. */
export class FormatError extends Error {
  override name = 'FormatError';
}

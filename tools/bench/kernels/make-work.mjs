// How a work is written: [kernel, what it does, (tf) => (() => result)]. The first call makes the inputs on the current
// backend.

export const ROWS = 512;
export const COLUMNS = 512;

/** Values in [low, high), the same on every backend. */
export function values(count, low, high) {
  return Float32Array.from(
    { length: count },
    (_, i) => low + (((i * 7919) % 10007) / 10007) * (high - low),
  );
}

export const sizeOf = (shape) => shape.reduce((size, dim) => size * dim, 1);

export const floats = (tf, shape, low = -2, high = 2) =>
  tf.tensor(values(sizeOf(shape), low, high), shape);

export const ints = (tf, shape, limit) =>
  tf.tensor(Int32Array.from(values(sizeOf(shape), 0, limit)), shape, 'int32');

export const bools = (tf, shape) => tf.greater(floats(tf, shape), 0);

/** A kernel called by its name. */
export const call = (tf, name, inputs, attrs = {}) => tf.engine().runKernel(name, inputs, attrs);

export const MATRIX = [ROWS, COLUMNS];
export const SHOWN = `[${MATRIX}]`;

/** An elementwise kernel of one input. */
export function unary(name, { low, high, attrs = {}, make = floats } = {}) {
  return [
    name,
    SHOWN,
    (tf) => {
      const x = make(tf, MATRIX, low, high);
      return () => call(tf, name, { x }, attrs);
    },
  ];
}

export function binary(name, { names = ['a', 'b'], make = floats, low, high } = {}) {
  return [
    name,
    `${SHOWN}, ${SHOWN}`,
    (tf) => {
      const inputs = Object.fromEntries(names.map((n) => [n, make(tf, MATRIX, low, high)]));
      return () => call(tf, name, inputs);
    },
  ];
}

export function reduction(name, { axis = 'axis', make = floats } = {}) {
  return [
    name,
    `${SHOWN} along 1`,
    (tf) => {
      const x = make(tf, MATRIX);
      return () => call(tf, name, { x }, { [axis]: [1], keepDims: false });
    },
  ];
}

/** A kernel of its own: make(tf) gives the function to time. */
export const work = (name, shown, make) => [name, shown, make];

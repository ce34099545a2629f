// One call of every kernel that tfjs-core names, large enough to time, small enough for the cpu backend.
import { ELEMENTWISE, REDUCTIONS } from './elementwise.mjs';
import { PRODUCTS, CONVOLUTIONS, POOLS } from './products-and-windows.mjs';
import { IMAGES } from './images.mjs';
import { INDEXING } from './indexing.mjs';
import { SHAPES } from './shapes.mjs';
import { COMPLEX, SPARSE_AND_TEXT } from './complex-sparse-and-text.mjs';

/** name → { shown, make } */
export const WORKS = new Map(
  [
    ...ELEMENTWISE,
    ...REDUCTIONS,
    ...PRODUCTS,
    ...CONVOLUTIONS,
    ...POOLS,
    ...IMAGES,
    ...INDEXING,
    ...SHAPES,
    ...COMPLEX,
    ...SPARSE_AND_TEXT,
  ].map(([name, shown, make]) => [name, { shown, make }]),
);

/** Names that tfjs-core exports without a kernel behind them in Node. */
export const WITHOUT_KERNEL = new Map([
  ['BroadcastTo', 'no backend has it; tf.broadcastTo is Tile'],
  ['Draw', 'draws to a browser’s canvas'],
  ['FromPixels', 'reads a browser’s image'],
  ['LogicalXor', 'no backend has it; tf.logicalXor is made of others'],
  ['LowerBound', 'no backend has it; tf.lowerBound is SearchSorted'],
  ['MatrixBandPart', 'no backend has it; tf.linalg.bandPart is made of others'],
  ['Pool', 'no backend has it; tf.pool is MaxPool or AvgPool'],
  ['UpperBound', 'no backend has it; tf.upperBound is SearchSorted'],
]);

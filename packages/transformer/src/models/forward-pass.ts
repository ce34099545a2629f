// What all layers of one forward pass share: where the tokens stand, which keys count, and the cache.
import { ShapeError, tf, type Tensor } from '@llm/tensor';
import type { KeyValueCache } from '../cache/key-value-cache.ts';
import { widerMask, type KeysAndValues, type SoftPrompt } from './soft-prompt.ts';

export interface ForwardOptions {
  /** [B, S] int32, 1 = attend; S counts the cached tokens too, or is the cache's maxLength. Padding
   *  may stand on either side. */
  readonly attentionMask?: Tensor;
  /** [B, T] int32; default: the number of attended tokens before each one. */
  readonly positionIds?: Tensor;
  /** Read and extended by T tokens. No gradient flows through a cache. */
  readonly kvCache?: KeyValueCache;
}

/** Its T columns are those of the text, and before them the vectors of a soft prompt that has embeddings. */
export interface ForwardPass {
  /** Position of column 0 when all rows agree, else [B, T] int32. */
  readonly positions: number | Tensor;
  /** The largest position plus one. */
  readonly positionCount: number;
  /** [B, S], or with a cache [B, Smax]; a soft prompt's vectors are counted in. */
  readonly attentionMask?: Tensor;
  readonly kvCache?: KeyValueCache;
  /** Learned keys and values of each layer, before those of the text: [1 or B, n, K, D]. */
  readonly prefix?: readonly KeysAndValues[];
}

/** Checks the options against inputIds [B, T], and counts a soft prompt in: the one given, or the one in the
 *  cache. The caller owns the tensors of the result. */
export function forwardPass(
  inputIds: Tensor,
  options: ForwardOptions,
  prompt: SoftPrompt | null = null,
): ForwardPass {
  const [batch, length] = batchShape(inputIds);
  const { attentionMask, kvCache } = options;
  const past = kvCache?.length ?? 0;
  const total = past + length;
  if (kvCache !== undefined) checkCache(kvCache, batch, total);
  const { positionIds = positionTensor(attentionMask, past, length) } = options;
  if (positionIds !== null) checkShape('positionIds', positionIds, [batch, length]);
  const ahead = prompt === null ? (kvCache?.prefixLength ?? 0) : promptLength(prompt);
  const isRead = prompt !== null && 'embeddings' in prompt;
  const places = {
    positions: positionIds === null ? past : positionIds,
    positionCount: positionIds === null ? total : largest(positionIds.dataSync()) + 1,
  };
  const pass = {
    ...movedBehind(ahead, isRead, places),
    kvCache,
    ...(prompt !== null && 'layers' in prompt && { prefix: prompt.layers }),
  };
  if (attentionMask === undefined) return pass;
  const columns = attentionMask.shape[1] === kvCache?.maxLength ? kvCache?.maxLength : total;
  checkShape('attentionMask', attentionMask, [batch, columns ?? total]);
  return { ...pass, attentionMask: widerMask(attentionMask, ahead) };
}

/** What one layer is given of a pass. */
export interface OneLayerPass extends Omit<ForwardPass, 'prefix'> {
  readonly layer: number;
  readonly prefix?: KeysAndValues;
}

export function layerPass({ prefix, ...pass }: ForwardPass, layer: number): OneLayerPass {
  return { ...pass, layer, ...(prefix && { prefix: prefix[layer]! }) };
}

const promptLength = (prompt: SoftPrompt): number =>
  'embeddings' in prompt ? prompt.embeddings.shape[1]! : prompt.layers[0]!.keys.shape[1]!;

/** Positions of a text behind `ahead` learned vectors, which have the first ones; they are among the columns
 *  where they are read with the text. */
function movedBehind(
  ahead: number,
  isRead: boolean,
  { positions, positionCount }: Pick<ForwardPass, 'positions' | 'positionCount'>,
): Pick<ForwardPass, 'positions' | 'positionCount'> {
  const count = positionCount + ahead;
  if (ahead === 0) return { positions, positionCount };
  if (typeof positions === 'number')
    return { positions: isRead ? positions : positions + ahead, positionCount: count };
  const moved = tf.add(positions, tf.scalar(ahead, 'int32'));
  if (!isRead) return { positions: moved, positionCount: count };
  const B = positions.shape[0]!;
  const first = Int32Array.from({ length: B * ahead }, (_, i) => i % ahead);
  const all = tf.concat([tf.tensor2d(first, [B, ahead], 'int32'), moved], 1);
  return { positions: all, positionCount: count };
}

function batchShape(inputIds: Tensor): [batch: number, length: number] {
  const [batch, length, ...rest] = inputIds.shape;
  if (
    batch === undefined ||
    length === undefined ||
    rest.length > 0 ||
    inputIds.dtype !== 'int32'
  ) {
    throw new ShapeError(
      `forward: inputIds: expected int32 [B, T], got ${inputIds.dtype} [${inputIds.shape.join(', ')}]. Use tf.tensor2d(rows, shape, 'int32').`,
    );
  }
  return [batch, length];
}

function checkCache(kvCache: KeyValueCache, batch: number, total: number): void {
  if (kvCache.batch !== batch) {
    throw new ShapeError(
      `forward: kvCache: expected a cache for ${batch} rows, got one for ${kvCache.batch}. Make it with model.createCache(${batch}, …).`,
    );
  }
  if (total > kvCache.maxLength) {
    throw new ShapeError(
      `forward: kvCache: expected room for ${total} tokens, got ${kvCache.maxLength}. Make a longer cache.`,
    );
  }
}

function checkShape(name: string, tensor: Tensor, shape: readonly number[]): void {
  if (tensor.shape.length === shape.length && shape.every((n, i) => n === tensor.shape[i])) return;
  throw new ShapeError(
    `forward: ${name}: expected [${shape.join(', ')}], got [${tensor.shape.join(', ')}]. Pad it together with inputIds.`,
  );
}

const largest = (values: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]!);
  return most;
};

/** Null without a mask: all rows then begin at the cache's end. */
function positionTensor(mask: Tensor | undefined, past: number, length: number): Tensor | null {
  if (mask === undefined) return null;
  const [batch = 0, columns = 0] = mask.shape;
  const positions = positionsFromMask(mask.dataSync(), columns, { past, length });
  return tf.tensor2d(positions, [batch, length], 'int32');
}

/** Positions of columns past … past + length − 1: the attended tokens before each (0 for padding
 *  before the first). Read on the JavaScript side: a few integers, and no kernel needed. */
export function positionsFromMask(
  mask: ArrayLike<number>,
  columns: number,
  { past, length }: { readonly past: number; readonly length: number },
): Int32Array {
  const batch = mask.length / columns;
  const positions = new Int32Array(batch * length);
  for (let row = 0; row < batch; row++) {
    let seen = 0;
    for (let column = 0; column < past + length; column++) {
      if (mask[row * columns + column] !== 0) seen += 1;
      if (column >= past) positions[row * length + column - past] = Math.max(seen - 1, 0);
    }
  }
  return positions;
}

// Attention of one layer, with or without a cache.
import {
  attention,
  cacheAttention,
  tf,
  unpackRows,
  type AttentionOptions,
  type Generator,
  type Tensor,
} from '@llm/tensor';
import { before } from '../models/soft-prompt.ts';
import { activeTrace } from '../models/trace.ts';
import { attentionWeights } from './attention-weights.ts';
import type { KeyValueCache } from '../cache/key-value-cache.ts';

export interface AttendOptions {
  /** Factor of the scores. @default 1/√D */
  readonly scale?: number;
  /** Whether a token sees only itself and what came before. @default true */
  readonly isCausal?: boolean;
  /** Each token sees only keys nearer than this many positions. */
  readonly window?: number | null;
  /** Scores become softcap · tanh(score / softcap). */
  readonly softcap?: number | null;
  /** Added to the scores: [1 or B, 1 or H, T, S]. */
  readonly bias?: Tensor;
  /** Share of the attention weights to drop; not with a cache, which is for inference. @default 0 */
  readonly dropout?: number;
  readonly generator?: Generator;
}

export interface Heads {
  readonly queries: Tensor; // [B, T, H, D]
  readonly keys: Tensor; // [B, S, K, D]
  readonly values: Tensor; // [B, S, K, D]
}

/** What of a forward pass attention needs. */
export interface AttendPass {
  /** [B, S], or with a cache [B, Smax]. */
  readonly attentionMask?: Tensor;
  readonly kvCache?: KeyValueCache;
  /** Learned keys and values before these [1 or B, n, K, D], which the mask counts in; a cache has its own. */
  readonly prefix?: Pick<Heads, 'keys' | 'values'>;
  readonly layer: number;
  /** Whether a decoder reads its source here. @default false */
  readonly isCross?: boolean;
}

/** Lets each of T tokens attend to the keys it may see. Returns [B, T, H, D]. */
export function attend(
  { queries, ...own }: Heads,
  { attentionMask: mask, kvCache, layer, isCross, prefix }: AttendPass,
  options: AttendOptions = {},
): Tensor {
  const { scale = queries.shape[3]! ** -0.5, isCausal = true, dropout = 0, generator } = options;
  const { bias, window, softcap } = options;
  const { keys, values } = prefix === undefined ? own : behind(prefix, own);
  const shared = {
    scale,
    isCausal,
    mask,
    bias,
    window: window ?? undefined,
    softcap: softcap ?? 0,
  };
  const look = (seen: () => Tensor, changed: AttentionOptions): void =>
    traceAttention({ queries, keys: seen }, { ...shared, ...changed }, isCross);
  if (kvCache === undefined) {
    look(() => keys, {});
    if (dropout === 0 || generator === undefined) return attention(queries, keys, values, shared);
    return attention(queries, keys, values, { ...shared, dropout, seed: generator.nextSeed() });
  }
  const seen = kvCache.extend(layer, keys, values, mask); // [B, S, K, D]
  const limits = {
    isCausal: isCausal && (seen.isCausal ?? true),
    mask: seen.mask,
    window: seen.coversWindow === true ? undefined : shared.window,
    keyLength: seen.keyLength,
  };
  const { bits = 32, blocks } = seen;
  if (blocks !== undefined)
    return cacheAttention(queries, seen.keys, seen.values, {
      scale,
      isCausal: limits.isCausal,
      window: limits.window,
      softcap: shared.softcap,
      bits,
      blocks,
    });
  const D = queries.shape[3]!;
  const floats = (rows: Tensor): Tensor => (bits === 32 ? rows : unpackRows(rows, D, bits));
  look(() => floats(seen.keys), limits);
  if (bits !== 32 && bias === undefined)
    return cacheAttention(queries, seen.keys, seen.values, { ...shared, ...limits, bits });
  return attention(queries, floats(seen.keys), floats(seen.values), { ...shared, ...limits });
}

type KeysAndValues = Pick<Heads, 'keys' | 'values'>;

const behind = (prefix: KeysAndValues, { keys, values }: KeysAndValues): KeysAndValues => ({
  keys: before(prefix.keys, keys), // [B, n + S, K, D]
  values: before(prefix.values, values),
});

/** Keeps the weights if someone looks. */
function traceAttention(
  { queries, keys }: { readonly queries: Tensor; readonly keys: () => Tensor },
  options: AttentionOptions & { readonly scale: number },
  isCross = false,
): void {
  const trace = activeTrace();
  if (trace?.options.outputAttentions !== true) return;
  const weights = tf.keep(attentionWeights(queries, keys(), options));
  (isCross ? trace.crossAttentions : trace.attentions).push(weights);
}

// How likely each token of a prompt is after those before it, for `echo` with `logprobs`: what evaluation
// harnesses ask a server for.
import { logProbs, scope, tf } from '@llm/tensor';
import type { CausalLm, TokenLogprob } from '@llm/transformer';

export interface ScoredToken {
  readonly token: number;
  /** null for the first. */
  readonly logprob: number | null;
  /** The likeliest in its place, likeliest first; empty for the first. */
  readonly top: readonly TokenLogprob[];
}

const TOKENS_AT_ONCE = 128; // their logits are 128 · V numbers

export interface ReadOptions {
  /** How many of the likeliest tokens. */
  readonly top: number;
  /** Runs a forward pass with the right adapter. */
  readonly run: <T>(fn: () => T) => T;
}

/** Reads the ids in parts; between them others have their turn. */
export async function readPrompt(
  model: CausalLm,
  ids: readonly number[],
  { top, run }: ReadOptions,
): Promise<ScoredToken[]> {
  const scored: ScoredToken[] = [{ token: ids[0]!, logprob: null, top: [] }];
  const kvCache = model.createCache(1, ids.length);
  try {
    for (let start = 0; start + 1 < ids.length; start += TOKENS_AT_ONCE) {
      const end = Math.min(start + TOKENS_AT_ONCE, ids.length - 1);
      const part = { inputs: ids.slice(start, end), labels: ids.slice(start + 1, end + 1) };
      scored.push(...run(() => scoreLabels(model, part, { top, kvCache })));
      await new Promise(setImmediate);
    }
    return scored;
  } finally {
    kvCache.dispose();
  }
}

function scoreLabels(
  model: CausalLm,
  { inputs, labels }: { readonly inputs: readonly number[]; readonly labels: readonly number[] },
  { top, kvCache }: { readonly top: number; readonly kvCache: ReturnType<CausalLm['createCache']> },
): ScoredToken[] {
  const T = inputs.length;
  const { logprobs, values, indices, sums } = scope(() => {
    const inputIds = tf.tensor2d([...inputs], [1, T], 'int32');
    const hidden = model.hiddenStates(inputIds, { kvCache }); // [1, T, C]
    const logits = model.logits(tf.reshape(hidden, [T, hidden.shape[2]!])); // [T, V]
    const likeliest = tf.topk(logits, Math.max(top, 1));
    return {
      logprobs: logProbs(logits, tf.tensor1d([...labels], 'int32')).dataSync<'float32'>(),
      values: likeliest.values.dataSync<'float32'>(),
      indices: likeliest.indices.dataSync<'int32'>(),
      sums: tf.logSumExp(logits, -1).dataSync<'float32'>(),
    };
  });
  return labels.map((token, t) => {
    const places = Array.from({ length: top }, (_, k) => t * Math.max(top, 1) + k);
    const choices = places.map((i) => ({ token: indices[i]!, logprob: values[i]! - sums[t]! }));
    return { token, logprob: logprobs[t]!, top: choices };
  });
}

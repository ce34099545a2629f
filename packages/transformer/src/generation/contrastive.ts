// Contrastive search (Su et al. 2022): of the k likeliest tokens the one that is likely and whose hidden
// state is least like those before it.
import { scope, tf } from '@llm/tensor';
import type { KeyValueCache } from '../cache/key-value-cache.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { tokenProcessors, write, type Decoded } from './decode.ts';
import { softmax } from './filters.ts';
import { inEvaluation } from './in-evaluation.ts';
import { nextTurn } from './next-turn.ts';
import type { CheckedOptions } from './options.ts';
import { processRow } from './processors/processor-list.ts';
import { likeliest } from './processors/warpers.ts';
import type { LogitsProcessor } from './processors/processor.ts';
import { makeRows, type Row } from './row.ts';
import { PolicyLogprobs } from './sample.ts';

export interface ContrastiveOptions {
  /** Weight of the penalty for likeness, in (0, 1); topK is the number of candidates. @default none */
  readonly penaltyAlpha?: number;
}

const DEFAULT_CANDIDATES = 4;

/** Writes the rows one after the other. */
export async function* contrastiveSearch(
  model: CausalLm,
  prompts: readonly (readonly number[])[],
  options: CheckedOptions,
): AsyncGenerator<Decoded, void, void> {
  // Top-k counts the candidates here; nothing is sampled.
  const processors = tokenProcessors({ ...options, temperature: 0 }, prompts);
  for (const row of makeRows(prompts, prompts, options)) {
    const cache = model.createCache(1, row.promptLength + options.maxNewTokens);
    try {
      yield* writeRow(row, { model, cache, processors, options });
    } finally {
      cache.dispose();
    }
  }
}

interface Tools {
  readonly model: CausalLm;
  readonly cache: KeyValueCache;
  readonly processors: readonly LogitsProcessor[];
  readonly options: CheckedOptions;
}

async function* writeRow(row: Row, tools: Tools): AsyncGenerator<Decoded, void, void> {
  const { options, cache, processors } = tools;
  const { maxNewTokens, topK = DEFAULT_CANDIDATES, logprobs = false, topLogprobs = 0 } = options;
  const read = await readTokens(tools, [row.tokens]);
  const context = read.hidden[0]!; // unit vectors of the text so far
  let logits = read.logits[0]!;
  for (let step = 1; step <= maxNewTokens; step++) {
    options.signal?.throwIfAborted();
    const policy = logprobs || topLogprobs > 0 ? new PolicyLogprobs(logits, 0) : null;
    processRow(processors, logits, row);
    const probabilities = softmax(logits);
    const candidates = likeliest(logits, topK).filter((token) => logits[token]! > -Infinity);
    cache.select(candidates.map(() => 0));
    const next = await readTokens(
      tools,
      candidates.map((token) => [token]),
    );
    const scores = candidates.map((token, i) => {
      const likeness = Math.max(...context.map((state) => dot(state, next.hidden[i]![0]!)));
      const alpha = options.penaltyAlpha!;
      return (1 - alpha) * probabilities[token]! - alpha * likeness;
    });
    const best = scores.indexOf(Math.max(...scores));
    const token = candidates[best]!;
    cache.select([best]);
    context.push(next.hidden[best]![0]!);
    logits = next.logits[best]!;
    const written = write(row, token, options);
    const isLast = written.isStop || step === maxNewTokens;
    const text = written.text + (isLast ? (row.text?.flush() ?? '') : '');
    const [logprob, top] = [policy?.of(token) ?? NaN, policy?.top(topLogprobs) ?? []];
    yield { ...written, text, logprob, top };
    if (isLast) return;
  }
}

/** Reads rows of equal length. Of each: unit hidden states of its tokens, logits after the last. */
async function readTokens(
  { model, cache }: Pick<Tools, 'model' | 'cache'>,
  rows: readonly (readonly number[])[],
): Promise<{ hidden: Float32Array[][]; logits: Float32Array[] }> {
  const [B, T] = [rows.length, rows[0]!.length];
  const [hidden, logits] = scope(() => {
    const ids = tf.tensor2d(rows.flat(), [B, T], 'int32');
    const states = inEvaluation(model, () => model.hiddenStates(ids, { kvCache: cache }));
    const last = tf.reshape(tf.slice(states, [0, T - 1, 0], [B, 1, -1]), [B, -1]);
    return [states, model.logits(last)];
  });
  const C = hidden.shape[2]!;
  const [states, values] = await Promise.all([hidden.data(), logits.data()]);
  tf.dispose([hidden, logits]);
  await nextTurn();
  const V = values.length / B;
  return {
    hidden: rows.map((_, b) =>
      Array.from({ length: T }, (_, t) =>
        unit((states as Float32Array).subarray((b * T + t) * C, (b * T + t + 1) * C)),
      ),
    ),
    logits: rows.map((_, b) => (values as Float32Array).slice(b * V, (b + 1) * V)),
  };
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((x) => x / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

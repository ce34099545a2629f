// Greedy writing with an encoder–decoder: the source is read once, then one token for each row at a
// time, with the decoder's own keys and values and those of the source kept.
import { scope, tf, type Tensor } from '@llm/tensor';
import { GenerationError } from '../errors.ts';
import type { Seq2SeqLm, SourceMemory } from '../models/seq2seq/seq2seq-lm.ts';
import { argmax } from './filters.ts';
import { inEvaluation } from './in-evaluation.ts';

export interface TranslateOptions {
  /** Most tokens to write. */
  readonly maxNewTokens: number;
  /** The stop token cannot come before. @default 0 */
  readonly minNewTokens?: number;
  /** Ends a row; kept. @default the model's eosTokenId */
  readonly stopToken?: number;
  /** Aborting rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** Writes the likeliest next token again and again for each source, given as token ids of any length.
 *  @returns the new tokens of each row, without the start token */
export async function translate(
  model: Seq2SeqLm,
  sources: readonly (readonly number[])[],
  options: TranslateOptions,
): Promise<number[][]> {
  const { maxNewTokens, minNewTokens = 0, stopToken = model.config.eosTokenId, signal } = options;
  checkSources(sources);
  const B = sources.length;
  const memory = readSources(model, sources);
  const kvCache = model.createCache(B, maxNewTokens);
  const rows: number[][] = sources.map(() => []);
  const isDone = new Array<boolean>(B).fill(false);
  let tokens = new Int32Array(B).fill(model.config.decoderStartTokenId);
  try {
    for (let step = 0; step < maxNewTokens && isDone.includes(false); step++) {
      signal?.throwIfAborted();
      const read = (): Tensor =>
        model.decode(tf.tensor2d(tokens, [B, 1], 'int32'), memory, { kvCache });
      const logits = inEvaluation(model, () => scope(read));
      const values = (await logits.data()) as Float32Array;
      logits.dispose();
      const V = values.length / B;
      tokens = Int32Array.from(rows, (row, i) => {
        if (isDone[i]) return model.config.padTokenId;
        const scores = values.slice(i * V, (i + 1) * V);
        if (step < minNewTokens) scores[stopToken] = -Infinity;
        const token = argmax(scores);
        row.push(token);
        if (token === stopToken) isDone[i] = true;
        return token;
      });
    }
  } finally {
    kvCache.dispose();
    disposeMemory(memory);
  }
  return rows;
}

function checkSources(sources: readonly (readonly number[])[]): void {
  if (sources.length > 0 && sources.every((row) => row.length > 0)) return;
  throw new GenerationError(
    'translate: sources: expected at least one, none of them empty. Leave empty texts out.',
  );
}

function readSources(model: Seq2SeqLm, sources: readonly (readonly number[])[]): SourceMemory {
  const B = sources.length;
  const S = Math.max(...sources.map((row) => row.length));
  const ids = new Int32Array(B * S).fill(model.config.padTokenId);
  const kept = new Int32Array(B * S);
  for (const [i, row] of sources.entries()) {
    ids.set(row, i * S);
    kept.fill(1, i * S, i * S + row.length);
  }
  const mask: Tensor = tf.keep(tf.tensor2d(kept, [B, S], 'int32'));
  const layers = inEvaluation(model, () =>
    tf.tidy(() => {
      const encoded = model.encode(tf.tensor2d(ids, [B, S], 'int32'), mask);
      const memory = model.remember(encoded, mask).layers;
      return memory.map(({ keys, values }) => ({ keys: tf.keep(keys), values: tf.keep(values) }));
    }),
  );
  return { layers, attentionMask: mask };
}

function disposeMemory({ layers, attentionMask }: SourceMemory): void {
  for (const { keys, values } of layers) tf.dispose([keys, values]);
  attentionMask?.dispose();
}

// An encoder–decoder in the middle of writing: the source is read once; the decoder's own keys and values
// and those of the source are kept.
import { scope, tf, type Tensor } from '@llm/tensor';
import type { KeyValueCache } from '../cache/key-value-cache.ts';
import { GenerationError } from '../errors.ts';
import type { Seq2SeqLm, SourceMemory } from '../models/seq2seq/seq2seq-lm.ts';
import { inEvaluation } from './in-evaluation.ts';
import type { Stepper } from './stepper.ts';
import { takeLogits } from './take-logits.ts';

export class Seq2SeqStepper implements Stepper {
  readonly vocabSize: number;
  readonly beginnings: readonly (readonly number[])[];
  readonly #model: Seq2SeqLm;
  readonly #kvCache: KeyValueCache;
  #memory: SourceMemory;
  /** Of each row, the source that it is written from. */
  #sourceOf: readonly number[];

  constructor(model: Seq2SeqLm, sources: readonly (readonly number[])[], newTokens: number) {
    checkSources(sources);
    this.#model = model;
    this.vocabSize = model.config.vocabSize;
    this.beginnings = sources.map(() => [model.config.decoderStartTokenId]);
    this.#memory = readSources(model, sources);
    this.#sourceOf = sources.map((_, i) => i);
    this.#kvCache = model.createCache(sources.length, newTokens);
  }

  start(): Promise<Float32Array> {
    const { decoderStartTokenId } = this.#model.config;
    return this.read(new Int32Array(this.#kvCache.batch).fill(decoderStartTokenId));
  }

  read(tokens: Int32Array): Promise<Float32Array> {
    const decode = (): Tensor => {
      const ids = tf.tensor2d(tokens.slice(), [tokens.length, 1], 'int32');
      return this.#model.decode(ids, this.#memory, { kvCache: this.#kvCache });
    };
    return takeLogits(inEvaluation(this.#model, () => scope(decode)));
  }

  select(rows: readonly number[]): void {
    this.#kvCache.select(rows);
    const sourceOf = rows.map((row) => this.#sourceOf[row]!);
    const isSame =
      rows.length === this.#sourceOf.length && sourceOf.every((s, i) => s === this.#sourceOf[i]);
    this.#sourceOf = sourceOf;
    if (isSame) return; // beams of one source share what was read of it
    const { layers, attentionMask } = this.#memory;
    const chosen = (tensor: Tensor): Tensor => tf.keep(tf.gather(tensor, [...rows], 0));
    const memory = {
      layers: layers.map(({ keys, values }) => ({ keys: chosen(keys), values: chosen(values) })),
      attentionMask: attentionMask && chosen(attentionMask),
    };
    disposeMemory(this.#memory);
    this.#memory = memory;
  }

  dispose(): void {
    this.#kvCache.dispose();
    disposeMemory(this.#memory);
  }
}

function checkSources(sources: readonly (readonly number[])[]): void {
  if (sources.length > 0 && sources.every((row) => row.length > 0)) return;
  throw new GenerationError(
    'generate: sources: expected at least one, none of them empty. Leave empty texts out.',
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
  return inEvaluation(model, () =>
    tf.tidy(() => {
      const mask = tf.tensor2d(kept, [B, S], 'int32');
      const encoded = model.encode(tf.tensor2d(ids, [B, S], 'int32'), mask);
      const { layers, attentionMask } = model.remember(encoded, mask);
      return {
        layers: layers.map(({ keys, values }) => ({
          keys: tf.keep(keys),
          values: tf.keep(values),
        })),
        attentionMask: tf.keep(attentionMask!),
      };
    }),
  );
}

function disposeMemory({ layers, attentionMask }: SourceMemory): void {
  for (const { keys, values } of layers) tf.dispose([keys, values]);
  attentionMask?.dispose();
}

// What every encoder–decoder offers: the encoder reads the source once; the decoder writes the target
// token by token, attending to its own tokens and to what the encoder made.
import { nn, scope, tf, type Tensor } from '@llm/tensor';
import type { KeyValueCache } from '../../cache/key-value-cache.ts';
import { KvCache } from '../../cache/kv-cache.ts';
import type { Heads } from '../../attention/attend.ts';
import { before, widerMask, type KeysAndValues } from '../soft-prompt.ts';
import type { Promptable, PromptShape, SoftPromptSource } from '../soft-prompt.ts';
import type { Seq2SeqConfig } from './config.ts';

/** The source as the decoder's layers see it: keys and values of each, made once. */
export interface SourceMemory {
  readonly layers: readonly Pick<Heads, 'keys' | 'values'>[]; // each [B, S, H, D]
  /** [B, S] int32, 1 = attend; S counts a soft prompt in. */
  readonly attentionMask?: Tensor;
}

export interface DecodeOptions {
  /** Read and extended by T tokens. No gradient flows through it. */
  readonly kvCache?: KeyValueCache;
}

/** What the layers of a decoder are given besides the source. */
export interface DecoderPass extends DecodeOptions {
  /** Tokens and learned vectors before these. */
  readonly past: number;
  /** Learned keys and values of each layer, before those of the text: [1 or B, n, H, D]; a cache has its own. */
  readonly prefix?: readonly KeysAndValues[];
}

/** A soft prompt's embeddings stand before the source, its keys and values before what the decoder writes. */
export abstract class Seq2SeqLm extends nn.Module implements Promptable {
  abstract readonly config: Seq2SeqConfig;
  /** Learned vectors (models/soft-prompt.ts). */
  softPrompt: SoftPromptSource | null = null;

  get promptShape(): PromptShape {
    const { hiddenSize, vocabSize, encoder } = this.config;
    const { numLayers, numHeads, headDim } = encoder;
    const heads = { numAttentionHeads: numHeads, numKeyValueHeads: numHeads, headDim };
    return { hiddenSize, vocabSize, numLayers, ...heads, taskType: 'SEQ_2_SEQ_LM' };
  }

  /** ids int32 [..] → [.., C], as the first layers get them. */
  abstract embed(ids: Tensor): Tensor;

  /** words [B, S, C] → [B, S, C] */
  protected abstract runEncoder(words: Tensor, attentionMask?: Tensor): Tensor;

  /** words [B, T, C] → logits [B, T, V] */
  protected abstract runDecoder(words: Tensor, memory: SourceMemory, pass: DecoderPass): Tensor;

  /** Keys and values of encoded [B, S, C] for each layer of the decoder. */
  protected abstract projectSource(encoded: Tensor): SourceMemory['layers'];

  /** inputIds int32 [B, S] → [B, S, C], or with learned embeddings before the source [B, n + S, C]. The caller
   *  owns the result. */
  encode(inputIds: Tensor, attentionMask?: Tensor): Tensor {
    return scope(() => {
      const prompt = this.softPrompt?.softPrompt() ?? null;
      const words = this.embed(inputIds);
      if (prompt === null || 'layers' in prompt) return this.runEncoder(words, attentionMask);
      const n = prompt.embeddings.shape[1]!;
      const mask = attentionMask && widerMask(attentionMask, n);
      return this.runEncoder(before(prompt.embeddings, words), mask);
    });
  }

  /** encoded [B, S, C], of `encode` → keys and values for each layer of the decoder; the caller owns them, and the
   *  mask where it is another tensor than the one given. */
  remember(encoded: Tensor, attentionMask?: Tensor): SourceMemory {
    const n = encoded.shape[1]! - (attentionMask?.shape[1] ?? encoded.shape[1]!);
    const mask = attentionMask && widerMask(attentionMask, n);
    return { layers: this.projectSource(encoded), attentionMask: mask };
  }

  /** decoderIds int32 [B, T] → logits [B, T, V]. The caller owns the result. */
  decode(decoderIds: Tensor, memory: SourceMemory, options: DecodeOptions = {}): Tensor {
    const { kvCache } = options;
    const logits = scope(() => {
      const prefix = kvCache === undefined ? this.#prefix() : undefined;
      const ahead = kvCache?.prefixLength ?? prefix?.[0]?.keys.shape[1] ?? 0;
      const pass = { kvCache, past: ahead + (kvCache?.length ?? 0), ...(prefix && { prefix }) };
      return this.runDecoder(this.embed(decoderIds), memory, pass);
    });
    kvCache?.advance(decoderIds.shape[1]!);
    return logits;
  }

  #prefix(): readonly KeysAndValues[] | undefined {
    const prompt = this.softPrompt?.softPrompt() ?? null;
    return prompt !== null && 'layers' in prompt ? prompt.layers : undefined;
  }

  /** Logits [B, T, V] of the token after each of decoderIds [B, T], given the source [B, S]. */
  forward(
    inputIds: Tensor,
    decoderIds: Tensor,
    { attentionMask }: { readonly attentionMask?: Tensor } = {},
  ): Tensor {
    return scope(() => {
      const encoded = this.encode(inputIds, attentionMask);
      return this.decode(decoderIds, this.remember(encoded, attentionMask));
    });
  }

  /** An empty cache of the decoder's own tokens, which begins with the learned keys and values of the moment; the
   *  caller disposes it. */
  createCache(batch: number, maxLength: number): KvCache {
    const { numLayers, numHeads: numKeyValueHeads, headDim } = this.config.decoder;
    const shape = { batch, maxLength, numLayers, numKeyValueHeads, headDim };
    const prefix = tf.tidy(() => this.#prefix()?.map(keepLayer));
    try {
      return new KvCache({ ...shape, ...(prefix && { prefix }) });
    } finally {
      for (const { keys, values } of prefix ?? []) tf.dispose([keys, values]);
    }
  }

  /** Teacher forcing: what the decoder reads so that it should predict `labels` [B, T]. */
  shiftRight(labels: Tensor): Tensor {
    const [B = 0, T = 0] = labels.shape;
    const { decoderStartTokenId, padTokenId } = this.config;
    const values = labels.dataSync();
    const shifted = Int32Array.from({ length: B * T }, (_, i) => {
      if (i % T === 0) return decoderStartTokenId;
      return values[i - 1]! < 0 ? padTokenId : values[i - 1]!; // −100 counts for nothing
    });
    return tf.tensor2d(shifted, [B, T], 'int32');
  }
}

const keepLayer = ({ keys, values }: KeysAndValues): KeysAndValues => ({
  keys: tf.keep(tf.clone(keys)),
  values: tf.keep(tf.clone(values)),
});

// What every encoder–decoder offers: the encoder reads the source once; the decoder writes the target
// token by token, attending to its own tokens and to what the encoder made.
import { nn, scope, tf, type Tensor } from '@llm/tensor';
import type { KeyValueCache } from '../../cache/key-value-cache.ts';
import { KvCache } from '../../cache/kv-cache.ts';
import type { Heads } from '../../attention/attend.ts';
import type { Seq2SeqConfig } from './config.ts';

/** The source as the decoder's layers see it: keys and values of each, made once. */
export interface SourceMemory {
  readonly layers: readonly Pick<Heads, 'keys' | 'values'>[]; // each [B, S, H, D]
  /** [B, S] int32, 1 = attend. */
  readonly attentionMask?: Tensor;
}

export interface DecodeOptions {
  /** Read and extended by T tokens. No gradient flows through it. */
  readonly kvCache?: KeyValueCache;
}

export abstract class Seq2SeqLm extends nn.Module {
  abstract readonly config: Seq2SeqConfig;

  /** inputIds int32 [B, S] → [B, S, C]. The caller owns the result. */
  abstract encode(inputIds: Tensor, attentionMask?: Tensor): Tensor;

  /** encoded [B, S, C] → keys and values for each layer of the decoder; the caller owns them. */
  abstract remember(encoded: Tensor, attentionMask?: Tensor): SourceMemory;

  /** decoderIds int32 [B, T] → logits [B, T, V]. The caller owns the result. */
  abstract decode(decoderIds: Tensor, memory: SourceMemory, options?: DecodeOptions): Tensor;

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

  /** An empty cache of the decoder's own tokens; the caller disposes it. */
  createCache(batch: number, maxLength: number): KvCache {
    const { decoder } = this.config;
    return new KvCache({
      batch,
      maxLength,
      numLayers: decoder.numLayers,
      numKeyValueHeads: decoder.numHeads,
      headDim: decoder.headDim,
    });
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

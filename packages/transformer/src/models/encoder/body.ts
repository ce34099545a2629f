// What the heads need of an encoder's body.
import { nn, type Tensor, type Variable } from '@llm/tensor';

export interface EncoderOptions {
  /** [B, T] int32, 1 = attend. */
  readonly attentionMask?: Tensor;
  /** [B, T] int32: the segment of each token. @default 0 everywhere */
  readonly tokenTypeIds?: Tensor;
}

export abstract class EncoderBody extends nn.Module {
  /** The word embeddings [V, C], which masked-language heads use again. */
  abstract readonly words: Variable;

  /** inputIds int32 [B, T] → [B, T, C] */
  abstract forward(inputIds: Tensor, options: EncoderOptions): Tensor;
}

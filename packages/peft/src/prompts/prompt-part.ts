// The parameters of one soft prompt. A file holds its vectors and nothing else: what made them while it trained, an
// MLP or an LSTM, is dropped.

import { nn, scope, tf, type Tensor, type Variable } from '@llm/tensor';
import { AdapterPart } from '../adapter/adapter-site.ts';
import type { AdapterInfo } from '../adapter/method.ts';
import type { PromptConfig } from './prompt-config.ts';
import type { SoftPrompt } from './promptable.ts';

const KEY = 'prompt_embeddings';

export type PromptInfo = AdapterInfo<PromptConfig>;

export abstract class PromptPart extends AdapterPart {
  readonly info: PromptInfo;
  readonly #shape: (vectors: Tensor) => SoftPrompt;

  /** @param shape makes of `vectors` what the model reads */
  constructor(info: PromptInfo, shape: (vectors: Tensor) => SoftPrompt) {
    super();
    this.info = info;
    this.#shape = shape;
  }

  /** As the file holds them, [n, ..] differentiable; the caller owns them. */
  abstract vectors(): Tensor;

  get length(): number {
    return this.info.config.numVirtualTokens;
  }

  softPrompt(): SoftPrompt {
    return this.#shape(this.vectors());
  }
}

/** A prompt whose vectors are its parameters. */
export class PromptVectors extends PromptPart {
  readonly embedding: Variable; // [n, ..]

  /** @param initial belongs to the part from now on */
  constructor(info: PromptInfo, initial: Tensor, shape: (vectors: Tensor) => SoftPrompt) {
    super(info, shape);
    this.embedding = nn.parameter(initial);
  }

  vectors(): Tensor {
    return tf.clone(this.embedding);
  }

  entries(): [string, Variable][] {
    return [[KEY, this.embedding]];
  }
}

/** A prompt whose vectors a small network makes of learned embeddings while it trains. */
export class EncodedPrompt extends PromptPart {
  readonly embedding: Variable; // [n, C]
  readonly encoder: PromptEncoder;

  constructor(
    info: PromptInfo,
    { embedding, encoder }: { readonly embedding: Tensor; readonly encoder: PromptEncoder },
    shape: (vectors: Tensor) => SoftPrompt,
  ) {
    super(info, shape);
    this.embedding = nn.parameter(embedding);
    this.encoder = encoder;
  }

  vectors(): Tensor {
    return scope(() => this.encoder.forward(this.embedding));
  }

  /** None: what trains is in no file, only what follows from it. */
  entries(): [string, Variable][] {
    return [];
  }

  override derivedEntries(): [string, Tensor][] {
    return [[KEY, this.vectors()]];
  }
}

/** [n, C] → [n, width] */
export interface PromptEncoder extends nn.Module {
  forward(x: Tensor): Tensor;
}

/** The first n vectors as word embeddings. */
export const asEmbeddings =
  ({ numVirtualTokens: n }: PromptConfig) =>
  (vectors: Tensor): SoftPrompt => {
    const own = vectors.shape[0] === n ? vectors : tf.slice(vectors, [0, 0], [n, -1]);
    return { embeddings: tf.expandDims(own, 0) }; // [1, n, C]
  };

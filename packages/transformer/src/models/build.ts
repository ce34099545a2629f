// How a model's layers are made: with random weights as published, or blank, to be filled by a file.
import { nn, type Generator } from '@llm/tensor';

export interface BuildOptions {
  /** Source of the weights and of dropout. */
  readonly generator: Generator;
  /** False leaves the weights blank: a checkpoint fills them. @default true */
  readonly initialize?: boolean;
}

/** A Linear layer whose weights are N(0, std²) and whose bias is zero. */
export function buildLinear(
  [inFeatures, outFeatures]: readonly [number, number],
  options: { readonly hasBias: boolean; readonly std: number },
  { generator, initialize = true }: BuildOptions,
): nn.Linear {
  const { hasBias, std } = options;
  return new nn.Linear(inFeatures, outFeatures, {
    hasBias,
    std,
    generator: initialize ? generator : null,
  });
}

/** An embedding table whose rows are N(0, std²). */
export function buildEmbedding(
  [rows, columns]: readonly [number, number],
  std: number,
  { generator, initialize = true }: BuildOptions,
): nn.Embedding {
  return new nn.Embedding(rows, columns, { std, generator: initialize ? generator : null });
}

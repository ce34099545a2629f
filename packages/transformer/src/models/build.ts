// How a model's layers are made: with random weights as published, blank, to be filled by a file, or as
// places where a loader puts layers with weights of other kinds.
import { nn, type Generator } from '@llm/tensor';
import { PendingEmbedding, PendingLinear } from './pending-layer.ts';

export interface BuildOptions {
  /** Source of the weights and of dropout. */
  readonly generator: Generator;
  /** False leaves the weights blank: a checkpoint fills them. @default true */
  readonly initialize?: boolean;
  /** True leaves out linear layers' and embeddings' weights altogether. @default false */
  readonly isPending?: boolean;
}

/** A Linear layer whose weights are N(0, std²) and whose bias is zero. */
export function buildLinear(
  [inFeatures, outFeatures]: readonly [number, number],
  options: { readonly hasBias: boolean; readonly std: number },
  { generator, initialize = true, isPending = false }: BuildOptions,
): nn.Linear {
  const { hasBias, std } = options;
  if (isPending) return new PendingLinear(inFeatures, outFeatures, hasBias);
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
  { generator, initialize = true, isPending = false }: BuildOptions,
): nn.Embedding {
  if (isPending) return new PendingEmbedding([rows, columns]);
  return new nn.Embedding(rows, columns, { std, generator: initialize ? generator : null });
}

export { binaryCrossEntropy, binaryCrossEntropyWithLogits, hingeLoss } from './binary.ts';
export { cosineEmbeddingLoss } from './cosine-embedding.ts';
export { klDivergence, type KlDivergenceOptions } from './divergence.ts';
export type { LossOptions, Reduction } from './reduction.ts';
export { huberLoss, l1Loss, mseLoss, smoothL1Loss } from './regression.ts';

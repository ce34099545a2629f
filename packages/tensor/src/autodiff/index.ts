export { checkpoint } from './checkpoint.ts';
export { stopGradient } from './stop-gradient.ts';
export { noGradient } from './tape.ts';
export { valueAndGrads } from './value-and-grads.ts';
export type { LossWithMetrics, ValueAndGrads } from './value-and-grads.ts';

// dweight sums dy over the places of each id; ids have no gradient.
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { runGrad } from './run-grad.ts';

export const embeddingGradient: GradConfig = {
  kernelName: 'Embedding',
  inputsToSave: ['ids', 'weight'],
  gradFunc: (dy, saved) => {
    const [ids, weight] = saved as [Tensor, Tensor];
    const vocabSize = weight.shape[0]!;
    return { weight: () => runGrad('EmbeddingGrad', { dy: dy as Tensor, ids }, { vocabSize }) };
  },
};

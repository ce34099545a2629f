// Recurrent layers: one kernel walks the sequence back and gives the gradients of everything.
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { runGrads } from './run-grad.ts';

interface Saved {
  /** Inputs that the gradient reads, besides the lengths. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What the gradient kernel returns, in order. */
  readonly gradients: readonly string[];
}

const SAVED: Readonly<Record<string, Saved>> = {
  Rnn: {
    inputs: ['weight', 'initialState'],
    outputs: ['states'],
    gradients: ['input', 'weight', 'initialState'],
  },
  Lstm: {
    inputs: ['weight', 'initialState', 'initialCell'],
    outputs: ['states', 'cells', 'gates'],
    gradients: ['input', 'weight', 'initialState', 'initialCell'],
  },
  Gru: {
    inputs: ['weight', 'bias', 'initialState'],
    outputs: ['states', 'gates'],
    gradients: ['input', 'weight', 'bias', 'initialState'],
  },
};

function recurrentGradient(name: string, hasLengths: boolean): GradConfig {
  const { inputs, outputs, gradients } = SAVED[name]!;
  const saved = hasLengths ? [...inputs, 'lengths'] : inputs;
  return {
    kernelName: hasLengths ? `Masked${name}` : name,
    inputsToSave: [...saved],
    outputsToSave: outputs.map(() => true),
    gradFunc: (dys, tensors, attrs: NamedAttrMap) => {
      const named = Object.fromEntries([...saved, ...outputs].map((key, i) => [key, tensors[i]!]));
      const [dstates, dcells] = (Array.isArray(dys) ? dys : [dys]) as [Tensor, Tensor?];
      // A loss that does not look at the cells gives a scalar in place of zeros: see autodiff/backward.ts.
      const isCellUsed = name === 'Lstm' && dcells?.rank === 3;
      const dinputs = { ...named, dstates, ...(isCellUsed && { dcells }) };
      return runGrads(`${name}Grad`, dinputs as Record<string, Tensor>, attrs, gradients);
    },
  };
}

export const RECURRENT_GRADIENTS: readonly GradConfig[] = Object.keys(SAVED).flatMap((name) => [
  recurrentGradient(name, false),
  recurrentGradient(name, true),
]);

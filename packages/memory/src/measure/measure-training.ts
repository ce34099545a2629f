// One optimizer step of any model, measured without its data.
import { adamWStep, inCategory, scope, setCategory, tf, valueAndGrads } from '@llm/tensor';
import type { nn, Tensor, Variable } from '@llm/tensor';
import { onMeta, type MeasuredMemory } from './on-meta.ts';

/** What to measure. The functions are called in this order, with the `meta` backend active. */
export interface TrainingProgram<M extends nn.Module, B extends tf.TensorContainer> {
  /** Makes the model: `weights`. */
  model: () => M;
  /** Makes a batch: `inputs`. */
  batch: (model: M) => B;
  /** The loss: `activations` until backward is done. */
  loss: (model: M, batch: B) => Tensor;
  /** AdamW keeps two moments of every trainable parameter: `optimizerState`. @default 'adamw' */
  optimizer?: 'adamw' | 'none';
}

const ADAMW = { step: 1, learningRate: 0, b1: 0.9, b2: 0.999, eps: 1e-8, weightDecay: 0 };

/**
 * What a training step holds at its peak, by purpose. Takes milliseconds for models of any size: nothing is
 * computed. The kernels are those of `native`; what they hold only while they run (packed
 * blocks of a matrix product) is not counted.
 */
export function measureTrainingStep<M extends nn.Module, B extends tf.TensorContainer>(
  program: TrainingProgram<M, B>,
): Promise<MeasuredMemory> {
  return onMeta(() => {
    const model = inCategory('weights', program.model);
    const batch = inCategory('inputs', () => program.batch(model));
    const params = model.trainableParameters();
    const moments = inCategory('optimizerState', () =>
      program.optimizer === 'none' ? undefined : { mu: zerosLike(params), nu: zerosLike(params) },
    );
    scope(() => {
      const grads = inCategory('activations', () => gradientsOf(program, model, batch, params));
      if (moments) inCategory('other', () => adamWStep({ params, grads, ...moments }, ADAMW));
    });
    const dispose = () => {
      tf.dispose([batch, ...(moments ? [...moments.mu, ...moments.nu] : [])]);
      model.dispose();
    };
    return { parameters: model.numParameters(), dispose };
  });
}

function gradientsOf<M extends nn.Module, B extends tf.TensorContainer>(
  { loss }: TrainingProgram<M, B>,
  model: M,
  batch: B,
  params: Variable[],
): Tensor[] {
  const forward = () => {
    const value = loss(model, batch);
    setCategory('gradients'); // backward follows
    return value;
  };
  return valueAndGrads(forward, params).grads;
}

const zerosLike = (params: readonly Variable[]): Variable[] =>
  scope(() => params.map((param) => tf.variable(tf.zerosLike(param), false)));

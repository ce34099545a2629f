// A forward pass of any model, with or without a cache, measured without its data.
import { inCategory, scope, tf } from '@llm/tensor';
import type { nn } from '@llm/tensor';
import { onMeta, type MeasuredMemory } from './on-meta.ts';

/** What to measure. The functions are called in this order, with the `meta` backend active. */
export interface InferenceProgram<M extends nn.Module, B extends tf.TensorContainer, C> {
  /** Makes the model: `weights`. */
  model: () => M;
  /** Makes a batch: `inputs`. */
  batch: (model: M) => B;
  /** Makes the cache of keys and values: `kvCache`. */
  cache?: (model: M) => C & { dispose(): void };
  /** What is computed: `activations` and outputs. Called in a scope. */
  run: (model: M, batch: B, cache: C | undefined) => tf.TensorContainer;
}

/** What a forward pass holds at its peak, by purpose; see `measureTrainingStep` for what is counted. */
export function measureInference<M extends nn.Module, B extends tf.TensorContainer, C>(
  program: InferenceProgram<M, B, C>,
): Promise<MeasuredMemory> {
  return onMeta(() => {
    const model = inCategory('weights', () => program.model().eval());
    const batch = inCategory('inputs', () => program.batch(model));
    const cache = inCategory('kvCache', () => program.cache?.(model));
    scope(() => {
      inCategory('activations', () => program.run(model, batch, cache));
    });
    const dispose = () => {
      cache?.dispose();
      tf.dispose(batch);
      model.dispose();
    };
    return { parameters: model.numParameters(), dispose };
  });
}

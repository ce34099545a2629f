// What changes "in place" on TensorFlow's backends. Its tensors are immutable, but the table from
// tfjs's data ids to TensorFlow's handles is not: a new tensor's handle takes the old one's place,
// so that whatever holds the data id sees the new numbers, as on `native`.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/** An entry of tfjs-node's table: a handle (−1 before the first use), or values not sent yet. */
interface TensorData {
  id: number;
  values: unknown;
}

interface TensorFlowBackend {
  tensorMap: { get(dataId: object): TensorData };
}

/** Gives each target the numbers that `compute` makes for it, of the same shape, in the same order. */
export function replaceData(
  backend: unknown,
  targets: readonly TensorInfo[],
  compute: () => readonly Tensor[],
): void {
  const { tensorMap } = backend as TensorFlowBackend;
  tf.tidy(() => {
    compute().forEach((fresh, i) => {
      if (fresh.size === 0) return; // TensorFlow keeps no handle for an empty tensor's values
      const [before, after] = [tensorMap.get(targets[i]!.dataId), tensorMap.get(fresh.dataId)];
      [before.id, after.id] = [after.id, before.id];
      [before.values, after.values] = [after.values, before.values];
    });
  });
}

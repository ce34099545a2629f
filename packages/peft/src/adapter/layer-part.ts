// What an adapter does to one layer.

import { tf, type nn, type QuantizedWeight, type Tensor, type Variable } from '@llm/tensor';
import { AdapterPart } from './adapter-site.ts';

/** A layer that adapters can be put around: `forward` of one tensor, and often a weight and a bias. */
export interface Layer extends nn.Module {
  readonly weight?: Variable | QuantizedWeight;
  readonly bias?: Variable | undefined;
  forward(x: Tensor, ...rest: unknown[]): Tensor;
}

/** New values for parameters of a layer; whoever gets them owns the tensors. */
export type ParameterValues = readonly (readonly [parameter: Variable, value: Tensor])[];

/** An adapter's share in one layer. */
export abstract class LayerPart extends AdapterPart {
  /**
   * The layer's output with this adapter.
   * @param base the layer without it, perhaps with other adapters
   * @param layer the bare layer, for its weight and bias
   */
  abstract forward(x: Tensor, base: (x: Tensor) => Tensor, layer: Layer): Tensor;

  /** What the layer's parameters become when the adapter is merged into it. Changes nothing.
   *  @throws AdapterError where that is not possible, naming `path` */
  abstract mergedValues(layer: Layer, path: string): ParameterValues;

  /** What the layer's parameters become when the merged adapter is taken out again. Changes nothing. */
  abstract unmergedValues(layer: Layer): ParameterValues;

  /** Called right before merging: what `unmergedValues` will need. */
  beforeMerge(layer: Layer): void {
    void layer;
  }

  /** Called when the adapter is out again: what `beforeMerge` kept can go. */
  afterUnmerge(): void {}

  /** Whether it can be one of several adapters in a batch; see withRowAdapters. @default true */
  get worksByRows(): boolean {
    return true;
  }

  /** Whether `mergedValues` depend on what else is merged, so that it has to be alone. @default false */
  get mergesAlone(): boolean {
    return false;
  }
}

/** Values with `change` added to each parameter's present one; disposes the changes. */
export function added(
  changes: readonly (readonly [parameter: Variable, change: Tensor])[],
  sign: 1 | -1 = 1,
): ParameterValues {
  return changes.map(([parameter, change]) => {
    const sum = sign > 0 ? tf.add(parameter, change) : tf.sub(parameter, change);
    change.dispose();
    return [parameter, sum] as const;
  });
}

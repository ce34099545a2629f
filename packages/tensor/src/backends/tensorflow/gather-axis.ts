/** GatherV2 of tfjs-node checks its indices against `shape[axis]`, which a negative axis has not. */
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import type { KernelWrapper } from '../repairs/wrap-kernel.ts';

export const withPositiveAxis: KernelWrapper = (original) => (params) => {
  const { axis } = params.attrs as { axis: number };
  if (axis >= 0) return original(params);
  const { rank } = params.inputs['x'] as Tensor;
  return original({ ...params, attrs: { ...(params.attrs as NamedAttrMap), axis: axis + rank } });
};

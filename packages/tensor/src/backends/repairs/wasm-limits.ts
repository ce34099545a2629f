/** What the wasm backend does silently wrong beyond its limits is an error here. */
import * as tf from '@tensorflow/tfjs-core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { UnsupportedError } from '../../errors/errors.ts';
import { wrapKernel, type KernelWrapper } from './wrap-kernel.ts';

const MAX_RANK = 6;

/** These look at the size alone, or at nothing. */
const RANKLESS: ReadonlySet<string> = new Set(
  `Identity Reshape ExpandDims Cast Fill ZerosLike OnesLike Abs Neg Exp Expm1 Log Log1p Sqrt Rsqrt Square
  Reciprocal Sign Floor Ceil Round Sin Cos Tan Tanh Sigmoid Relu Relu6 LeakyRelu Elu EluGrad Selu Softplus Erf
  Step ClipByValue IsNan IsInf IsFinite LogicalNot`.split(/\s+/),
);

const shapesOf = (infos: Iterable<unknown>) =>
  [...infos].flatMap((info) =>
    (info as TensorInfo | undefined)?.shape ? [info as TensorInfo] : [],
  );

function refusingHighRank(kernelName: string): KernelWrapper {
  return (original) => (params) => {
    for (const { shape } of shapesOf(Object.values(params.inputs))) {
      if (shape.length <= MAX_RANK) continue;
      throw new UnsupportedError(
        `wasm: ${kernelName}: expected tensors of rank at most ${MAX_RANK}, got [${shape}]. ` +
          'Reshape the tensor, or use the native or cpu backend.',
      );
    }
    return original(params);
  };
}

/** Operations on tensors of rank 7 and more give garbage: refuses them. */
export function refuseHighRanks(): void {
  for (const { kernelName } of tf.getKernelsForBackend('wasm')) {
    if (!RANKLESS.has(kernelName)) wrapKernel('wasm', kernelName, refusingHighRank(kernelName));
  }
}

export interface Allocator {
  _malloc(bytes: number): number;
}

/** Beyond 4 GiB the allocator returns 0, to which tfjs then writes: makes that an error. */
export function refuseFailedAllocations(allocator: Allocator): void {
  const malloc = allocator._malloc.bind(allocator);
  allocator._malloc = (bytes) => {
    const address = malloc(bytes);
    if (address === 0 && bytes > 0) {
      throw new UnsupportedError(
        `wasm: memory: expected at most 4 GiB in all, got a request for ${bytes} bytes more. ` +
          'Use a smaller batch or a shorter context, or the native backend.',
      );
    }
    return address;
  };
}

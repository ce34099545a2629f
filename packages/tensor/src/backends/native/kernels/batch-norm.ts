/** FusedBatchNorm: normalisation with given statistics, float32 (native/kernels/batch_norm). */
import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { areAll, sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';

const PARAMETERS = ['mean', 'variance', 'scale', 'offset'] as const;

function parametersOf({ inputs }: NativeKernelParams) {
  return PARAMETERS.map((name) => inputs[name] as TensorInfo | undefined);
}

/** Parameters of one size, which x's last dimensions repeat. */
function supports(params: NativeKernelParams): boolean {
  const x = params.inputs['x'] as TensorInfo;
  const given = parametersOf(params).filter((tensor) => tensor != null);
  const size = sizeOf(given[0] as TensorInfo);
  const haveOneSize = given.every((tensor) => sizeOf(tensor) === size);
  return areAll('float32', params.inputs) && haveOneSize && size > 0 && sizeOf(x) % size === 0;
}

function checkRanks(mean: TensorInfo, others: readonly (TensorInfo | undefined)[]): void {
  ['variance', 'scale', 'offset'].forEach((name, i) => {
    const other = others[i];
    util.assert(
      other == null || other.shape.length === mean.shape.length,
      () => `Batch normalization requires mean and ${name} to have equal ranks.`,
    );
  });
}

export const BATCH_NORM_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'FusedBatchNorm',
    supports,
    kernelFunc(params) {
      const { inputs, attrs, backend } = params;
      const x = inputs['x'] as TensorInfo;
      const parameters = parametersOf(params);
      const [mean, ...others] = parameters as [TensorInfo, ...(TensorInfo | undefined)[]];
      checkRanks(mean, others);
      const channels = sizeOf(mean);
      const eps = (attrs['varianceEpsilon'] as number | null | undefined) ?? 0.001;
      const out = backend.output(x.shape, 'float32');
      const handles = parameters.map((t) => (t == null ? -1 : backend.handleOf(t)));
      const sizes = [sizeOf(x) / channels, channels];
      backend.run(
        'BatchNorm',
        ...sizes,
        eps,
        backend.handleOf(x),
        ...handles,
        backend.handleOf(out),
      );
      return out;
    },
  },
]);

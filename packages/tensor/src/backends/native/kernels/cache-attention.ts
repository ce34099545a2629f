/** Attention over caches, and what packs and writes them: native/kernels/kv_cache, attention/cache_attention.cc. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { CacheAttentionAttrs, PagedWriteAttrs } from '../../../kernels/cache-attention.ts';
import { packedWords, type PackedRowAttrs } from '../../../kernels/packed-rows.ts';
import { shapeArgs, sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';

const MAX_HEAD_DIM = 512; // kMaxHeadDim of attention.h

export const CACHE_ATTENTION_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'PackRows', kernelFunc: pack },
  { kernelName: 'UnpackRows', kernelFunc: unpack },
  { kernelName: 'PagedCacheWrite', kernelFunc: pagedWrite },
  {
    kernelName: 'CacheAttention',
    supports: ({ inputs }) => ((inputs['q'] as TensorInfo).shape[3] as number) <= MAX_HEAD_DIM,
    kernelFunc: attend,
  },
] satisfies NativeKernel[]);

function pack({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { x } = inputs as { x: TensorInfo };
  const { columns, bits } = attrs as PackedRowAttrs;
  const out = backend.output([...x.shape.slice(0, -1), packedWords({ columns, bits })], 'int32');
  const handles = [x, out].map((tensor) => backend.handleOf(tensor));
  backend.run('PackRows', sizeOf(x) / columns, columns, bits, ...handles);
  return out;
}

function unpack({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { packed } = inputs as { packed: TensorInfo };
  const { columns, bits } = attrs as PackedRowAttrs;
  const out = backend.output([...packed.shape.slice(0, -1), columns], 'float32');
  const handles = [packed, out].map((tensor) => backend.handleOf(tensor));
  backend.run('UnpackRows', sizeOf(out) / columns, columns, bits, ...handles);
  return out;
}

function pagedWrite({ inputs, attrs, backend }: NativeKernelParams): TensorInfo[] {
  const { cache, x, table, lengths } = inputs as Record<string, TensorInfo>;
  const { block } = attrs as PagedWriteAttrs;
  const tensors = [table, lengths, x, cache] as TensorInfo[];
  const handles = tensors.map((tensor) => backend.handleOf(tensor));
  const shapes = [...shapeArgs(cache!.shape), ...shapeArgs(x!.shape)];
  backend.run('PagedCacheWrite', ...shapes, block, table!.shape[1]!, ...handles);
  return [];
}

function attend({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { q, k, v } = inputs as Record<'q' | 'k' | 'v', TensorInfo>;
  const { mask, table, lengths } = inputs;
  const { isCausal, scale, keyLength, queryOffset, bits, block } = attrs as CacheAttentionAttrs;
  const { window = 0, softcap = 0 } = attrs as CacheAttentionAttrs;
  const out = backend.output(q.shape, 'float32');
  const handleOf = (tensor: TensorInfo | undefined): number =>
    tensor === undefined ? -1 : backend.handleOf(tensor);
  backend.run(
    'CacheAttention',
    ...shapeArgs(q.shape),
    k.shape[2]!,
    k.shape[1]!,
    bits,
    keyLength,
    isCausal ? 1 : 0,
    queryOffset,
    scale,
    window,
    softcap,
    mask?.shape[1] ?? 0,
    mask?.dtype === 'float32' ? 1 : 0,
    table === undefined ? 0 : 1,
    ...[q, k, v, mask].map(handleOf),
    block,
    table?.shape[1] ?? 0,
    ...[table, lengths, out].map(handleOf),
  );
  return out;
}

/**
 * The kernels that run in C++. Each file of this folder exports a frozen array; add its line here.
 * `useBackend('native')` registers them over the JavaScript kernels of tfjs's cpu backend.
 */
import type { NativeKernel } from '../native-kernel.ts';
import { ACTIVATION_KERNELS } from './activation.ts';
import { ADD_N_KERNELS } from './add-n.ts';
import { ATTENTION_KERNELS } from './attention.ts';
import { BATCH_NORM_KERNELS } from './batch-norm.ts';
import { BINARY_KERNELS } from './binary.ts';
import { BINCOUNT_KERNELS } from './bincount.ts';
import { CACHE_ATTENTION_KERNELS } from './cache-attention.ts';
import { CAST_KERNELS } from './cast.ts';
import { COMPLEX_KERNELS } from './complex.ts';
import { CONCAT_KERNELS } from './concat.ts';
import { CONV_KERNELS } from './conv.ts';
import { CROSS_ENTROPY_KERNELS } from './cross-entropy.ts';
import { DEPTHWISE_KERNELS } from './depthwise.ts';
import { DILATION_2D_KERNELS } from './dilation2d.ts';
import { EINSUM_KERNELS } from './einsum.ts';
import { FILL_KERNELS } from './fill.ts';
import { FUSED_CONV_KERNELS } from './fused-conv.ts';
import { GATHER_KERNELS } from './gather.ts';
import { INT8_LINEAR_KERNELS } from './int8-linear.ts';
import { KV_CACHE_KERNELS } from './kv-cache-write.ts';
import { LINEAR_KERNELS } from './linear.ts';
import { LINEAR_CROSS_ENTROPY_KERNELS } from './linear-cross-entropy.ts';
import { LRN_KERNELS } from './lrn.ts';
import { MAT_MUL_KERNELS } from './mat-mul.ts';
import { MULTINOMIAL_KERNELS } from './multinomial.ts';
import { NORM_KERNELS } from './norm.ts';
import { PAD_KERNELS } from './pad.ts';
import { PARAMETER_KERNELS } from './parameters.ts';
import { POOLING_KERNELS } from './pooling.ts';
import { QUANTIZE_KERNELS } from './quantize.ts';
import { REARRANGE_KERNELS } from './rearrange.ts';
import { QUANTIZED_KERNELS } from './quantized.ts';
import { RECURRENT_KERNELS } from './recurrent.ts';
import { REDUCE_KERNELS } from './reduce.ts';
import { RELU_KERNELS } from './relu.ts';
import { RESIZE_KERNELS } from './resize.ts';
import { ROTARY_KERNELS } from './rotary.ts';
import { SCAN_KERNELS } from './scan.ts';
import { SCATTER_SET_KERNELS } from './scatter-set.ts';
import { SEARCH_SORTED_KERNELS } from './search-sorted.ts';
import { SLICE_KERNELS } from './slice.ts';
import { SOFTMAX_KERNELS } from './softmax.ts';
import { TOP_K_KERNELS } from './top-k.ts';
import { TRANSPOSE_KERNELS } from './transpose.ts';
import { UNARY_KERNELS } from './unary.ts';
import { WARP_KERNELS } from './warp.ts';

export type { NativeKernel };

export const NATIVE_KERNELS: readonly NativeKernel[] = Object.freeze([
  ...ACTIVATION_KERNELS,
  ...ADD_N_KERNELS,
  ...ATTENTION_KERNELS,
  ...BATCH_NORM_KERNELS,
  ...BINARY_KERNELS,
  ...BINCOUNT_KERNELS,
  ...CACHE_ATTENTION_KERNELS,
  ...CAST_KERNELS,
  ...COMPLEX_KERNELS,
  ...CONCAT_KERNELS,
  ...CONV_KERNELS,
  ...CROSS_ENTROPY_KERNELS,
  ...DEPTHWISE_KERNELS,
  ...DILATION_2D_KERNELS,
  ...EINSUM_KERNELS,
  ...FILL_KERNELS,
  ...FUSED_CONV_KERNELS,
  ...GATHER_KERNELS,
  ...INT8_LINEAR_KERNELS,
  ...KV_CACHE_KERNELS,
  ...LINEAR_KERNELS,
  ...LINEAR_CROSS_ENTROPY_KERNELS,
  ...LRN_KERNELS,
  ...MAT_MUL_KERNELS,
  ...MULTINOMIAL_KERNELS,
  ...NORM_KERNELS,
  ...PAD_KERNELS,
  ...PARAMETER_KERNELS,
  ...POOLING_KERNELS,
  ...QUANTIZE_KERNELS,
  ...REARRANGE_KERNELS,
  ...QUANTIZED_KERNELS,
  ...RECURRENT_KERNELS,
  ...REDUCE_KERNELS,
  ...RELU_KERNELS,
  ...RESIZE_KERNELS,
  ...ROTARY_KERNELS,
  ...SCAN_KERNELS,
  ...SCATTER_SET_KERNELS,
  ...SEARCH_SORTED_KERNELS,
  ...SLICE_KERNELS,
  ...SOFTMAX_KERNELS,
  ...TOP_K_KERNELS,
  ...TRANSPOSE_KERNELS,
  ...UNARY_KERNELS,
  ...WARP_KERNELS,
]);

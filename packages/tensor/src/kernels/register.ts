/** Our own kernels and their gradients, registered by `useBackend`, never on import. */
import * as tf from '@tensorflow/tfjs-core';
import { FUSED_GRADIENTS } from '../gradients/fused-gradients.ts';
import { REPAIRED_GRADIENTS } from '../gradients/repairs/repaired-gradients.ts';
import { adamWStep } from './adam-w-step.ts';
import * as momentumSteps from './momentum-steps.ts';
import { addInto } from './add-into.ts';
import * as attention from './attention.ts';
import * as cacheAttention from './cache-attention.ts';
import type { FusedKernel } from './composite.ts';
import * as convGrad from './conv-grad.ts';
import * as crossEntropy from './cross-entropy.ts';
import { dropout } from './dropout.ts';
import { einsum } from './einsum.ts';
import { embedding, embeddingGrad, embeddingGradInto } from './embedding.ts';
import * as gelu from './gelu.ts';
import { globalNorm } from './global-norm.ts';
import * as int8 from './int8-linear.ts';
import * as kvCacheWrite from './kv-cache-write.ts';
import * as layerNorm from './layer-norm.ts';
import * as linear from './linear.ts';
import * as linearLoss from './linear-cross-entropy.ts';
import * as packedRows from './packed-rows.ts';
import * as quantized from './quantized.ts';
import { randomFill } from './random-fill.ts';
import { RECURRENT_COMPOSITES } from './recurrent.ts';
import * as rmsNorm from './rms-norm.ts';
import * as rotary from './rotary.ts';
import * as silu from './silu.ts';
import { unsortedSegmentSum } from './unsorted-segment-sum.ts';

/**
 * A kernel of ours for every backend: written with tf operations. Native ones live in
 * backends/native/kernels.
 */
export const COMPOSITE_KERNELS: readonly FusedKernel[] = Object.freeze([
  linear.linear,
  linear.linearGradInput,
  linear.linearGradWeight,
  linear.linearGradBias,
  layerNorm.layerNorm,
  layerNorm.layerNormGrad,
  rmsNorm.rmsNorm,
  rmsNorm.rmsNormGrad,
  gelu.gelu,
  gelu.geluGrad,
  silu.silu,
  silu.siluGrad,
  silu.swiglu,
  silu.swigluGrad,
  rotary.rotary,
  rotary.rotaryAt,
  attention.attention,
  attention.attentionGrad,
  attention.maskedAttention,
  attention.maskedAttentionGrad,
  attention.biasedAttention,
  attention.biasedAttentionGrad,
  attention.maskedBiasedAttention,
  attention.maskedBiasedAttentionGrad,
  crossEntropy.crossEntropy,
  crossEntropy.crossEntropyGrad,
  linearLoss.linearCrossEntropy,
  linearLoss.linearTokenLoss,
  linearLoss.linearTokenLossGrad,
  kvCacheWrite.kvCacheWrite,
  cacheAttention.cacheAttention,
  cacheAttention.pagedCacheWrite,
  packedRows.packRows,
  packedRows.unpackRows,
  embedding,
  embeddingGrad,
  embeddingGradInto,
  quantized.quantizedDequantize,
  quantized.quantizedLinear,
  quantized.quantizedLinearGradInput,
  quantized.quantizedEmbedding,
  int8.int8Quantize,
  int8.int8Dequantize,
  int8.int8Linear,
  dropout,
  randomFill,
  addInto,
  adamWStep,
  momentumSteps.sgdMomentumStep,
  momentumSteps.lionStep,
  globalNorm,
  einsum,
  convGrad.conv2DBackpropFilter,
  convGrad.depthwiseBackpropFilter,
  convGrad.depthwiseBackpropInput,
  unsortedSegmentSum,
  ...RECURRENT_COMPOSITES,
]);

/** Gradients of our kernels, and repairs of tfjs's. */
const GRADIENTS: readonly tf.GradConfig[] = Object.freeze([
  ...FUSED_GRADIENTS,
  ...REPAIRED_GRADIENTS,
]);

/**
 * Registers, for one backend, the composite of each of our kernels that it does not have already.
 */
export function registerFusedKernels(backendName: string): void {
  for (const kernel of COMPOSITE_KERNELS) {
    if (tf.getKernel(kernel.kernelName, backendName) == null) {
      tf.registerKernel({ ...kernel, backendName });
    }
  }
}

/** Registers our gradients, over tfjs's where they repair them. Safe to call twice. */
export function registerFusedGradients(): void {
  for (const gradient of GRADIENTS) {
    if (tf.getGradient(gradient.kernelName) != null) tf.unregisterGradient(gradient.kernelName);
    tf.registerGradient(gradient);
  }
}

// The gradients of the fused operations, by name.
import type { GradConfig } from '@tensorflow/tfjs-core';
import { geluGradient, siluGradient, swigluGradient } from './activation.ts';
import { attentionGradient, biasedAttentionGradient } from './attention.ts';
import { maskedAttentionGradient, maskedBiasedAttentionGradient } from './attention.ts';
import { crossEntropyGradient } from './cross-entropy.ts';
import { dropoutGradient } from './dropout.ts';
import { embeddingGradient } from './embedding.ts';
import { linearGradient } from './linear.ts';
import { linearTokenLossGradient } from './linear-cross-entropy.ts';
import { layerNormGradient, rmsNormGradient } from './norm.ts';
import { int8LinearGradient } from './int8-linear.ts';
import { quantizedLinearGradient } from './quantized.ts';
import { RECURRENT_GRADIENTS } from './recurrent.ts';
import { rotaryAtGradient, rotaryGradient } from './rotary.ts';

export const FUSED_GRADIENTS: readonly GradConfig[] = [
  linearGradient,
  quantizedLinearGradient,
  int8LinearGradient,
  layerNormGradient,
  rmsNormGradient,
  geluGradient,
  siluGradient,
  swigluGradient,
  rotaryGradient,
  rotaryAtGradient,
  attentionGradient,
  maskedAttentionGradient,
  biasedAttentionGradient,
  maskedBiasedAttentionGradient,
  crossEntropyGradient,
  linearTokenLossGradient,
  embeddingGradient,
  dropoutGradient,
  ...RECURRENT_GRADIENTS,
];

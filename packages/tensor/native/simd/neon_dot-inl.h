// arm64's dot products of signed bytes, with the processor's instruction (FEAT_DotProd: files named *_neondot.cc) and
// without. Include it as vec-inl.h, from files compiled per instruction set.
#pragma once

#include "simd/vec-inl.h"

#if defined(__aarch64__)
namespace llm {
namespace LLM_ISA {

// Lane i: sum[i] plus the products of its four bytes, exactly. Of b's bytes none is -128: without the instruction two
// products are added in 16 bits, which 2 · 128 · 127 fits.
LLM_INLINE I32 DotSigned(I32 sum, I32 a, I32 b) {
  const int8x16_t x = reinterpret_cast<int8x16_t>(a), y = reinterpret_cast<int8x16_t>(b);
#if defined(__ARM_FEATURE_DOTPROD)
  return reinterpret_cast<I32>(vdotq_s32(reinterpret_cast<int32x4_t>(sum), x, y));
#else
  const int16x8_t low = vmull_s8(vget_low_s8(x), vget_low_s8(y)), high = vmull_high_s8(x, y);
  return reinterpret_cast<I32>(vpadalq_s16(reinterpret_cast<int32x4_t>(sum), vpaddq_s16(low, high)));
#endif
}

}  // namespace LLM_ISA
}  // namespace llm
#endif

// bf16, the upper half of a float32, as vectors. Include only from *_simd.cc files.
#pragma once

#include "simd/vec-inl.h"

namespace llm {
namespace LLM_ISA {

typedef uint16_t U16 __attribute__((vector_size(kLanes * 2)));
typedef uint16_t U16Unaligned __attribute__((vector_size(kLanes * 2), aligned(2), may_alias));

LLM_INLINE F32 Bf16ToFloat(U16 v) { return reinterpret_cast<F32>(__builtin_convertvector(v, U32) << 16); }

// Rounded to the nearest bf16, ties to even, as a float32. NaN stays NaN.
LLM_INLINE F32 RoundToBf16(F32 x) {
  const U32 bits = reinterpret_cast<U32>(x);
  const U32 rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
  return Select(IsNan(x), AsFloat(AsInt(x) | SetInt(0x400000)), reinterpret_cast<F32>(rounded));
}

LLM_INLINE U16 FloatToBf16(F32 x) {
  return __builtin_convertvector(reinterpret_cast<U32>(RoundToBf16(x)) >> 16, U16);
}

LLM_INLINE U16 LoadBf16(const uint16_t* p) { return *reinterpret_cast<const U16Unaligned*>(p); }
LLM_INLINE void StoreBf16(uint16_t* p, U16 v) { *reinterpret_cast<U16Unaligned*>(p) = v; }

// The first n lanes (1 <= n <= kLanes); the rest is 0.
LLM_INLINE U16 LoadBf16N(const uint16_t* p, size_t n) {
  if (n == kLanes) return LoadBf16(p);
#if defined(__AVX512F__)
  return reinterpret_cast<U16>(_mm256_maskz_loadu_epi16(static_cast<__mmask16>(0xffffu >> (16 - n)), p));
#else
  U16 v{};
  for (size_t i = 0; i < n; ++i) v[i] = p[i];
  return v;
#endif
}

LLM_INLINE void StoreBf16N(uint16_t* p, U16 v, size_t n) {
  if (n == kLanes) return StoreBf16(p, v);
#if defined(__AVX512F__)
  _mm256_mask_storeu_epi16(p, static_cast<__mmask16>(0xffffu >> (16 - n)), reinterpret_cast<__m256i>(v));
#else
  for (size_t i = 0; i < n; ++i) p[i] = v[i];
#endif
}

}  // namespace LLM_ISA
}  // namespace llm

// Vectors of bytes, and dot products of four bytes a lane. Include it as vec-inl.h, from files compiled per instruction set.
#pragma once

#include "simd/neon_dot-inl.h"
#include "simd/vec-inl.h"

namespace llm {
namespace LLM_ISA {

typedef uint8_t U8 __attribute__((vector_size(kLanes * 4)));
typedef uint16_t U16 __attribute__((vector_size(kLanes * 4)));
typedef uint8_t U8Unaligned __attribute__((vector_size(kLanes * 4), aligned(1), may_alias));

LLM_INLINE U8 LoadBytes(const uint8_t* p) { return *reinterpret_cast<const U8Unaligned*>(p); }
// Each byte's bits from `shift` on, those of `mask` only; shift plus the mask's width is at most 8.
LLM_INLINE U8 BitsOf(U8 v, int shift, uint8_t mask) {
  return reinterpret_cast<U8>(reinterpret_cast<U16>(v) >> static_cast<uint16_t>(shift)) & (mask - U8{});
}

// kLanes signed bytes.
LLM_INLINE F32 LoadInt8(const int8_t* p) {
#if defined(__AVX512F__)
  return reinterpret_cast<F32>(
      _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))));
#elif defined(__AVX2__)
  return reinterpret_cast<F32>(
      _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))));
#else
  F32 v;
  for (size_t i = 0; i < kLanes; ++i) v[i] = static_cast<float>(p[i]);
  return v;
#endif
}

// kLanes unsigned bytes.
LLM_INLINE I32 LoadUint8(const uint8_t* p) {
#if defined(__AVX512F__)
  return reinterpret_cast<I32>(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#elif defined(__AVX2__)
  return reinterpret_cast<I32>(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#else
  I32 v;
  for (size_t i = 0; i < kLanes; ++i) v[i] = p[i];
  return v;
#endif
}

// kLanes float16.
LLM_INLINE F32 LoadHalf(const uint16_t* p) {
#if defined(__AVX512F__)
  return reinterpret_cast<F32>(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
#elif defined(__AVX2__)
  return reinterpret_cast<F32>(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#elif defined(__aarch64__)
  return reinterpret_cast<F32>(vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p))));
#else
  // The exponent is moved by a product, which is exact also for subnormals; infinity and NaN get theirs afterwards.
  U32 bits;
  for (size_t i = 0; i < kLanes; ++i) bits[i] = p[i];
  const F32 moved = reinterpret_cast<F32>((bits & 0x7fffu) << 13u) * 5.192296858534828e33f;  // 2^112
  const U32 special = reinterpret_cast<U32>((bits & 0x7c00u) == 0x7c00u) & 0x7f800000u;
  return reinterpret_cast<F32>(reinterpret_cast<U32>(moved) | special | (bits & 0x8000u) << 16u);
#endif
}

// What DotBytes takes off a wide code: where the processor multiplies signed bytes only, code - 128 is one.
#if defined(__aarch64__)
constexpr int kOffWideCode = 128;
#else
constexpr int kOffWideCode = 0;
#endif

// Lane i: sum[i] plus the dot product of its four unsigned bytes with four signed ones, |x| <= 127. kIsWide: a code
// may be above 127, and kOffWideCode is taken off each.
template <bool kIsWide>
LLM_INLINE I32 DotBytes(I32 sum, U8 codes, const int8_t* x) {
#if defined(__AVX512VNNI__)
  int32_t four;
  __builtin_memcpy(&four, x, 4);
  return reinterpret_cast<I32>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(codes),
                                                   _mm512_set1_epi32(four)));
#elif defined(__AVXVNNI__)
  int32_t four;
  __builtin_memcpy(&four, x, 4);
  return reinterpret_cast<I32>(_mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(sum), reinterpret_cast<__m256i>(codes),
                                                       _mm256_set1_epi32(four)));
#elif defined(__AVX2__)
  // Pairs are summed in 16 bits, which two products of large codes would leave: those are taken in nibbles.
  if (kIsWide) {
    const I32 high = DotBytes<false>(I32{}, BitsOf(codes, 4, 15), x);
    return DotBytes<false>(sum + (high << 4), codes & (uint8_t{15} - U8{}), x);
  }
  int32_t four;
  __builtin_memcpy(&four, x, 4);
#if defined(__AVX512F__)
  const __m512i pairs = _mm512_maddubs_epi16(reinterpret_cast<__m512i>(codes), _mm512_set1_epi32(four));
  return sum + reinterpret_cast<I32>(_mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
#else
  const __m256i pairs = _mm256_maddubs_epi16(reinterpret_cast<__m256i>(codes), _mm256_set1_epi32(four));
  return sum + reinterpret_cast<I32>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#endif
#elif defined(__aarch64__)
  int32_t four;
  __builtin_memcpy(&four, x, 4);
  const U8 signed_codes = kIsWide ? codes ^ (uint8_t{128} - U8{}) : codes;
  return DotSigned(sum, reinterpret_cast<I32>(signed_codes), SetInt(four));
#else
  for (size_t i = 0; i < kLanes; ++i) {
    for (size_t j = 0; j < 4; ++j) sum[i] += static_cast<int32_t>(codes[4 * i + j]) * x[j];
  }
  return sum;
#endif
}

}  // namespace LLM_ISA
}  // namespace llm

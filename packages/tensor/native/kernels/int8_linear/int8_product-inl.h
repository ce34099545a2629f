// Products of bytes, for each instruction set with and without an instruction for them.
#pragma once

#include "kernels/gemm/gemm_block-inl.h"
#include "kernels/int8_linear/int8_linear_simd.h"
#include "simd/neon_dot-inl.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {
namespace {

// Lane i: sum[i] plus the four products of x's bytes, as they are stored, and the weight's, exactly.
LLM_INLINE I32 DotStored(I32 sum, I32 a, I32 b) {
#if defined(__AVX512VNNI__)
  return reinterpret_cast<I32>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(a),
                                                   reinterpret_cast<__m512i>(b)));
#elif defined(__AVXVNNI__)
  return reinterpret_cast<I32>(_mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(sum), reinterpret_cast<__m256i>(a),
                                                       reinterpret_cast<__m256i>(b)));
#elif defined(__AVX512F__)
  // Even and odd bytes as 16-bit values: sums of two products of bytes would not fit them, so they become 32 bits.
  const __m512i x = reinterpret_cast<__m512i>(a), y = reinterpret_cast<__m512i>(b);
  const __m512i even = _mm512_madd_epi16(_mm512_and_si512(x, _mm512_set1_epi16(255)),
                                         _mm512_srai_epi16(_mm512_slli_epi16(y, 8), 8));
  const __m512i odd = _mm512_madd_epi16(_mm512_srli_epi16(x, 8), _mm512_srai_epi16(y, 8));
  return sum + reinterpret_cast<I32>(_mm512_add_epi32(even, odd));
#elif defined(__AVX2__)
  const __m256i x = reinterpret_cast<__m256i>(a), y = reinterpret_cast<__m256i>(b);
  const __m256i even = _mm256_madd_epi16(_mm256_and_si256(x, _mm256_set1_epi16(255)),
                                         _mm256_srai_epi16(_mm256_slli_epi16(y, 8), 8));
  const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(x, 8), _mm256_srai_epi16(y, 8));
  return sum + reinterpret_cast<I32>(_mm256_add_epi32(even, odd));
#elif defined(__aarch64__)
  return DotSigned(sum, a, b);
#else
  for (int byte = 0; byte < 4; ++byte) {
    const U32 x = reinterpret_cast<U32>(a) >> static_cast<uint32_t>(8 * byte) & 255u;
    const U32 moved = reinterpret_cast<U32>(b) << static_cast<uint32_t>(24 - 8 * byte);
    sum += reinterpret_cast<I32>(x) * (reinterpret_cast<I32>(moved) >> 24);
  }
  return sum;
#endif
}

// One unit is four bytes, and C's elements are int32.
struct Int8Math {
  using Vector = I32;
  static LLM_INLINE_METHOD I32 MulAdd(I32 sum, F32 a, F32 b) { return DotStored(sum, AsInt(a), AsInt(b)); }
  static LLM_INLINE_METHOD F32 Repeat(const float* unit) {
    int32_t bits;
    __builtin_memcpy(&bits, unit, sizeof bits);
    return AsFloat(SetInt(bits));
  }
  static LLM_INLINE_METHOD I32 ElementsN(const float* c, size_t lanes) { return AsInt(LoadN(c, lanes)); }
  static LLM_INLINE_METHOD F32 Bits(I32 c) { return AsFloat(c); }
};

LLM_INLINE I32 LoadUnits(const void* p) { return Load(static_cast<const int32_t*>(p)); }

LLM_INLINE int32_t SumOfLanes(I32 v) {
#if defined(__AVX512F__)
  return _mm512_reduce_add_epi32(reinterpret_cast<__m512i>(v));
#else
  int32_t sum = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) sum += v[lane];
  return sum;
#endif
}

template <size_t kM>
LLM_INLINE void DotRow(const Int8Linear& args, const uint8_t* x, size_t row, size_t column) {
  const Int8Weight& w = args.weight;
  const size_t stride = Int8Stride(w.I);
  const int8_t* weight = w.q + column * stride;
  I32 sums[kM];
#pragma GCC unroll 8
  for (size_t m = 0; m < kM; ++m) sums[m] = I32{};
  for (size_t k = 0; k < stride; k += 4 * kLanes) {
    __builtin_prefetch(weight + k + stride);  // the next row: rows are too short for the hardware to see ahead
    const I32 b = LoadUnits(weight + k);
#pragma GCC unroll 8
    for (size_t m = 0; m < kM; ++m) sums[m] = DotStored(sums[m], LoadUnits(x + (row + m) * stride + k), b);
  }
#pragma GCC unroll 8
  for (size_t m = 0; m < kM; ++m) {
    const int32_t sum = (kInt8Zero == 0 ? 0 : w.offsets[column]) + SumOfLanes(sums[m]);
    __builtin_memcpy(args.out + (row + m) * w.O + column, &sum, sizeof sum);
  }
}

}  // namespace

void Int8Block(const GemmBlockArgs& args) { GemmBlockOf<Int8Math>(args); }

void Int8Dots(const Int8Linear& args, const uint8_t* x, size_t begin, size_t end) {
  for (size_t column = begin; column < end; ++column) {
    size_t row = 0;
    for (; row + 4 <= args.M; row += 4) DotRow<4>(args, x, row, column);
    for (; row < args.M; ++row) DotRow<1>(args, x, row, column);
  }
}

}  // namespace llm::LLM_ISA

// Philox4x32-10 (Salmon et al. 2011), kLanes blocks at a time. Like vec-inl.h, for *_simd.cc files only.
// The same words as src/random/philox.ts.
#pragma once

#include "simd/vec-inl.h"

namespace llm {
namespace LLM_ISA {

constexpr size_t kPhiloxWords = 4 * kLanes;  // of one call of PhiloxWords

// The 64-bit products of every lane with m, as their high and low halves.
LLM_INLINE void MultiplyWide(U32 a, uint32_t m, U32* high, U32* low) {
#if defined(__AVX512F__)
  const __m512i x = reinterpret_cast<__m512i>(a);
  const __m512i y = _mm512_set1_epi32(static_cast<int>(m));
  const __m512i even = _mm512_mul_epu32(x, y);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(x, 32), y);
  *low = reinterpret_cast<U32>(_mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32)));
  *high = reinterpret_cast<U32>(_mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd));
#elif defined(__AVX2__)
  const __m256i x = reinterpret_cast<__m256i>(a);
  const __m256i y = _mm256_set1_epi32(static_cast<int>(m));
  const __m256i even = _mm256_mul_epu32(x, y);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), y);
  *low = reinterpret_cast<U32>(_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa));
  *high = reinterpret_cast<U32>(_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa));
#else
  *low = *high = U32{};
  for (size_t i = 0; i < kLanes; ++i) {
    const uint64_t product = static_cast<uint64_t>(a[i]) * m;
    (*low)[i] = static_cast<uint32_t>(product);
    (*high)[i] = static_cast<uint32_t>(product >> 32);
  }
#endif
}

// The words of blocks first_block, first_block + 1, ..., in the order of the stream: out[0 .. kPhiloxWords).
LLM_INLINE void PhiloxWords(uint64_t seed, uint64_t first_block, uint32_t stream, uint32_t* out) {
  uint32_t block_low[kLanes], block_high[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane) {
    block_low[lane] = static_cast<uint32_t>(first_block + lane);
    block_high[lane] = static_cast<uint32_t>((first_block + lane) >> 32);
  }
  U32 c[4] = {U32{}, U32{}, stream + U32{}, U32{}};
  __builtin_memcpy(&c[0], block_low, sizeof(U32));
  __builtin_memcpy(&c[1], block_high, sizeof(U32));
  uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    U32 high0, low0, high1, low1;
    MultiplyWide(c[0], 0xd2511f53u, &high0, &low0);
    MultiplyWide(c[2], 0xcd9e8d57u, &high1, &low1);
    c[0] = high1 ^ c[1] ^ k0;
    c[1] = low1;
    c[2] = high0 ^ c[3] ^ k1;
    c[3] = low0;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  for (size_t lane = 0; lane < kLanes; ++lane) {
    for (size_t word = 0; word < 4; ++word) out[4 * lane + word] = c[word][lane];
  }
}

}  // namespace LLM_ISA
}  // namespace llm

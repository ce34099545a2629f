#include "kernels/machine_peak/machine_peak.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

size_t RunInt8Dots(size_t rounds, float* sink) {
  constexpr size_t kSums = 20;
  __m512i sums[kSums];
#pragma GCC unroll 32
  for (size_t i = 0; i < kSums; ++i) sums[i] = _mm512_set1_epi32(static_cast<int>(i));  // or the sums stay in memory
  const __m512i a = _mm512_set1_epi32(static_cast<int>(*sink)), b = _mm512_set1_epi8(1);
  for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (size_t i = 0; i < kSums; ++i) {
      // Not the intrinsic: GCC 12 copies its sums from register to register, which halves the rate.
      asm("vpdpbusd %2, %1, %0" : "+v"(sums[i]) : "v"(a), "v"(b));
    }
  }
  __m512i all = sums[0];
#pragma GCC unroll 32
  for (size_t i = 1; i < kSums; ++i) all = _mm512_add_epi32(all, sums[i]);
  *sink = static_cast<float>(reinterpret_cast<I32>(all)[0]);
  return 8 * kSums * kLanes;
}

}  // namespace llm::LLM_ISA

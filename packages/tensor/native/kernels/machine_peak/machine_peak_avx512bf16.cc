#include "kernels/machine_peak/machine_peak.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

size_t RunBf16Dots(size_t rounds, float* sink) {
  constexpr size_t kSums = 20;
  __m512 sums[kSums];
  for (size_t i = 0; i < kSums; ++i) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512bh a = (__m512bh)_mm512_set1_epi32(static_cast<int>(*sink)), b = (__m512bh)_mm512_set1_epi16(0x3f00);
  for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (size_t i = 0; i < kSums; ++i) sums[i] = _mm512_dpbf16_ps(sums[i], a, b);
  }
  __m512 all = sums[0];
  for (size_t i = 1; i < kSums; ++i) all = _mm512_add_ps(all, sums[i]);
  *sink = reinterpret_cast<F32>(all)[0];
  return 4 * kSums * kLanes;
}

}  // namespace llm::LLM_ISA

#include "kernels/machine_peak/machine_peak.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

size_t RunInt8Dots(size_t rounds, float* sink) {
  constexpr size_t kSums = 20;
  int32x4_t sums[kSums];
#pragma GCC unroll 32
  for (size_t i = 0; i < kSums; ++i) sums[i] = vdupq_n_s32(static_cast<int>(i));
  const int8x16_t a = vreinterpretq_s8_s32(vdupq_n_s32(static_cast<int>(*sink))), b = vdupq_n_s8(1);
  for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (size_t i = 0; i < kSums; ++i) sums[i] = vdotq_s32(sums[i], a, b);
  }
  int32x4_t all = sums[0];
#pragma GCC unroll 32
  for (size_t i = 1; i < kSums; ++i) all = vaddq_s32(all, sums[i]);
  *sink = static_cast<float>(vgetq_lane_s32(all, 0));
  return 8 * kSums * kLanes;
}

}  // namespace llm::LLM_ISA

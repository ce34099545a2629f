#include "kernels/machine_peak/machine_peak.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

size_t RunBf16Dots(size_t rounds, float* sink) {
  constexpr size_t kSums = 20;
  float32x4_t sums[kSums];
#pragma GCC unroll 32
  for (size_t i = 0; i < kSums; ++i) sums[i] = vdupq_n_f32(static_cast<float>(i));
  const bfloat16x8_t a = vreinterpretq_bf16_s32(vdupq_n_s32(static_cast<int>(*sink)));
  const bfloat16x8_t b = vreinterpretq_bf16_u16(vdupq_n_u16(0x3eab));  // not 0.5, which GCC 12 loads as a float16
  for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (size_t i = 0; i < kSums; ++i) sums[i] = vbfdotq_f32(sums[i], a, b);
  }
  float32x4_t all = sums[0];
#pragma GCC unroll 32
  for (size_t i = 1; i < kSums; ++i) all = vaddq_f32(all, sums[i]);
  *sink = vgetq_lane_f32(all, 0);
  return 4 * kSums * kLanes;
}

}  // namespace llm::LLM_ISA

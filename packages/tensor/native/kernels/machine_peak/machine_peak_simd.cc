#include "kernels/machine_peak/machine_peak.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

// Enough to hide the latency of a multiply–add on two units, few enough for the registers.
constexpr size_t kSums = kLanes == 16 ? 20 : 12;

size_t RunFmas(size_t rounds, float* sink) {
  F32 sums[kSums];
  for (size_t i = 0; i < kSums; ++i) sums[i] = Set(static_cast<float>(i));
  const F32 a = Set(*sink), b = Set(0.5f);
  for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (size_t i = 0; i < kSums; ++i) sums[i] = Fma(sums[i], b, a);
  }
  F32 all = sums[0];
  for (size_t i = 1; i < kSums; ++i) all = all + sums[i];
  *sink = all[0];
  return 2 * kSums * kLanes;
}

float ReadAll(const float* x, size_t n) {
  F32 sums[4] = {Zero(), Zero(), Zero(), Zero()};
  size_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    for (size_t j = 0; j < 4; ++j) sums[j] = sums[j] + Load(x + i + j * kLanes);
  }
  float rest = 0;
  for (; i < n; ++i) rest += x[i];
  const F32 all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  for (size_t lane = 0; lane < kLanes; ++lane) rest += all[lane];
  return rest;
}

}  // namespace llm::LLM_ISA

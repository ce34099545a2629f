#include "kernels/linear_cross_entropy/linear_cross_entropy.h"

#include <math.h>

#include "simd/exp-inl.h"
#include "simd/shuffle-inl.h"

namespace llm::LLM_ISA {

// H = log_sum_exp - sum of p x.
void RowStatistics(const float* x, size_t n, float log_sum_exp, size_t label, float* entropy, float* hit) {
  const F32 shift = Set(log_sum_exp);
  F32 sum = Zero();
  F32 largest = Set(-INFINITY);
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 v = LoadN(x + i, lanes);
    const F32 probability = SoftmaxExp(v - shift);
    // A probability of 0 adds nothing, whatever it is of; lanes past the end count neither way.
    F32 term = Select(probability > Zero(), probability * v, Zero());
    F32 seen = v;
    for (size_t lane = lanes; lane < kLanes; ++lane) term[lane] = 0.0f, seen[lane] = -INFINITY;
    sum = sum + term;
    largest = Max(seen, largest);
  });
  *entropy = log_sum_exp - SumOfLanes(sum);
  *hit = x[label] >= LargestLane(largest) ? 1.0f : 0.0f;
}

}  // namespace llm::LLM_ISA

// y = x Wᵀ + b for a few rows of x and W in half precision (float16 or bfloat16), whose values are exact in float32: the
// products are those of float32. Bound by the speed of memory; W is read once. Each y sums its products in one order
// for every thread count and number of rows up to the most.
#pragma once

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

constexpr size_t kHalfLinearMaxRows = 8;

struct HalfLinear {
  bool is_bfloat16;
  size_t M, O, I;          // M at most kHalfLinearMaxRows
  const float* x;          // [M, I]
  const uint16_t* weight;  // [O, I]
  const float* bias;       // [O] or nullptr
  float* out;              // [M, O]
};

void RunHalfLinear(const HalfLinear& args, Pool& pool);

// Columns [begin, end) of the result.
LLM_SIMD_FUNCTION(void, HalfLinearRange, (const HalfLinear& args, size_t begin, size_t end));

}  // namespace llm

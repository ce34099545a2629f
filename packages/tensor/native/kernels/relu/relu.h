// out[i] = max(x[i], 0); NaN stays NaN. x, out: n elements, may be the same memory.
// Split across the pool in fixed pieces: same bits for every thread count.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

void Relu(const float* x, float* out, size_t n, Pool& pool);

LLM_SIMD_FUNCTION(void, ReluRange, (const float* x, float* out, size_t n));

}  // namespace llm

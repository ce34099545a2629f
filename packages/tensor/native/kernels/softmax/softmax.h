// Row softmax, out[r][c] = exp(x[r][c] - max_r) / sum_r, and its logarithm, x[r][c] - max_r - log sum_r.
// x, out: contiguous rows x cols, may be the same buffer. The sum is in double precision; rows are split
// across the pool and each is computed by one thread, so the bits do not depend on the thread count.
#pragma once
#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

void SoftmaxF32(const float* x, float* out, size_t rows, size_t cols, Pool& pool);
void LogSoftmaxF32(const float* x, float* out, size_t rows, size_t cols, Pool& pool);

LLM_SIMD_FUNCTION(void, SoftmaxRow, (const float* x, float* out, size_t cols));
LLM_SIMD_FUNCTION(void, LogSoftmaxRow, (const float* x, float* out, size_t cols));

}  // namespace llm

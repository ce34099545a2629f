// sqrt(sum of x^2) over many tensors taken as one vector. Pieces of 4,096 elements are summed in float lanes,
// pieces and tensors in double, in a fixed order: same bits for every thread count.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

struct FloatSpan {
  const float* data;
  size_t n;
};

// How many partial sums GlobalNorm needs as working memory.
size_t GlobalNormTasks(const FloatSpan* tensors, size_t count);

// first_task: count entries of working memory; partial: GlobalNormTasks of them.
double GlobalNorm(const FloatSpan* tensors, size_t count, size_t* first_task, double* partial, Pool& pool);

LLM_SIMD_FUNCTION(double, SumOfSquares, (const float* x, size_t n));

}  // namespace llm

// One step of AdamW (Loshchilov and Hutter 2019) on many parameters, in place, in one pass over the memory:
//
//   g' = g * grad_scale + l2 * p   m = b1 * m + (1 - b1) * g'          v = b2 * v + (1 - b2) * g'^2
//   p = p * decay - step_size * m / (sqrt(v) * nu_scale + eps)
//
// as torch.optim.AdamW (l2 = 0) and torch.optim.Adam (decay = 1), with step_size = lr / (1 - b1^t),
// nu_scale = 1 / sqrt(1 - b2^t), decay = 1 - lr * wd.
// p, g, m and v of a tensor do not overlap. Element by element: same bits for every thread count.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

struct AdamWTensor {
  float* p;
  const float* g;
  float* m;
  float* v;
  size_t n;
  float decay;
  float l2;
};

struct AdamWScalars {
  float b1, one_minus_b1, b2, one_minus_b2, eps, grad_scale, step_size, nu_scale;
};

// first_task: count entries of working memory.
void AdamWStep(const AdamWTensor* tensors, size_t count, size_t* first_task, const AdamWScalars& scalars, Pool& pool);

LLM_SIMD_FUNCTION(void, AdamWRange, (const AdamWTensor& tensor, size_t begin, size_t end, const AdamWScalars& scalars));

}  // namespace llm

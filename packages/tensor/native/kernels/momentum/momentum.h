// One step, in place and in one pass over the memory, of optimizers that keep one momentum for each parameter:
//
//   SGD with momentum, as torch.optim.SGD:
//     g' = g * grad_scale + l2 * p      m = momentum * m + gain * g'
//     p = p - learning_rate * m, or p - learning_rate * (g' + momentum * m) with nesterov
//   Lion (Chen et al. 2023, algorithm 2):
//     g' = g * grad_scale               p = p * decay - learning_rate * sign(b1 * m + (1 - b1) * g')
//     m = b2 * m + (1 - b2) * g'        sign(0) = sign(NaN) = 0
//
// p, g and m of a tensor do not overlap. Element by element: same bits for every thread count.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

struct MomentumTensor {
  float* p;
  const float* g;
  float* m;
  size_t n;
  float own;  // l2 of SGD, decay of Lion
};

struct SgdScalars {
  float momentum, gain, learning_rate, grad_scale;
  bool nesterov;
};

struct LionScalars {
  float b1, one_minus_b1, b2, one_minus_b2, learning_rate, grad_scale;
};

LLM_SIMD_FUNCTION(void, SgdMomentumRange,
                  (const MomentumTensor& tensor, size_t begin, size_t end, const SgdScalars& scalars));
LLM_SIMD_FUNCTION(void, LionRange,
                  (const MomentumTensor& tensor, size_t begin, size_t end, const LionScalars& scalars));

}  // namespace llm

// Depthwise convolution and its two gradients: every input channel has M filters of its own. float32, channels last.
//
//   x  [batch, ...in, C]    filter [...taps, C, M]    out, dy [batch, ...out, C * M]
//
// Sums go over taps (for the filter's gradient over pixels) in order, in float: the same bits for every thread count.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "kernels/window/window.h"
#include "threading/pool.h"

namespace llm {

constexpr size_t kMaxDepthwiseTaps = 1 << 15;

struct DepthwiseShape {
  Window window;
  size_t channels = 0;    // C
  size_t multiplier = 0;  // M
};

void DepthwiseForward(const DepthwiseShape& shape, const float* x, const float* filter, float* out, Args& args,
                      Pool& pool);
void DepthwiseInputGrad(const DepthwiseShape& shape, const float* dy, const float* filter, float* dx, Args& args,
                        Pool& pool);
void DepthwiseFilterGrad(const DepthwiseShape& shape, const float* x, const float* dy, float* dfilter, Pool& pool);

// Two rows of values.
struct RowPair {
  const float* a;
  const float* b;
};
// out[i] (+)= sum over pairs of a[i] * b[i], for i below n.
LLM_SIMD_FUNCTION(void, SumOfProducts, (const RowPair* pairs, size_t count, size_t n, float* out, bool accumulate));
// out[c * m + q] (+)= sum over pairs of a[c] * b[c * m + q], for c below n.
LLM_SIMD_FUNCTION(void, SumOfSpreadProducts, (const RowPair* pairs, size_t count, size_t n, size_t m, float* out,
                                              bool accumulate));
// out[c] (+)= sum over pairs and q of a[c * m + q] * b[c * m + q], for c below n.
LLM_SIMD_FUNCTION(void, SumOfGatheredProducts, (const RowPair* pairs, size_t count, size_t n, size_t m, float* out,
                                                bool accumulate));

}  // namespace llm

// Maximum and average over a window, and their gradients. float32, channels last, padding left out of both.
//
//   x, dx [batch, ...in, C]    out, dy [batch, ...out, C]
//
// MaxPool skips NaN, as tfjs does; of equal values the first tap wins. AvgPool divides by the number of taps inside
// the image (0 when there are none). Same bits for every thread count.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"
#include "kernels/window/window.h"
#include "threading/pool.h"

namespace llm {

constexpr size_t kMaxPoolTaps = 1 << 15;

struct PoolShape {
  Window window;
  size_t channels = 0;  // C
};

void MaxPool(const PoolShape& shape, const float* x, float* out, Args& args, Pool& pool);
void AvgPool(const PoolShape& shape, const float* x, float* out, Args& args, Pool& pool);
// taps [batch, ...out, C]: the tap of each maximum, -1 where there was none.
void MaxPoolTaps(const PoolShape& shape, const float* x, int32_t* taps, Args& args, Pool& pool);
void MaxPoolGrad(const PoolShape& shape, const float* x, const float* dy, float* dx, Args& args, Pool& pool);
// With counts_inside the gradient of AvgPool; without, every gradient is divided by the size of the window, as tfjs's
// kernel does.
void AvgPoolGrad(const PoolShape& shape, bool counts_inside, const float* dy, float* dx, Args& args, Pool& pool);

// out[c] = max over rows of rows[r][c]; -infinity when there are none.
LLM_SIMD_FUNCTION(void, MaxOfRows, (const float* const* rows, size_t count, size_t n, float* out));
// taps[c] = the tap of the row that holds the maximum of column c.
LLM_SIMD_FUNCTION(void, MaxRowTaps, (const float* const* rows, const int32_t* row_taps, size_t count, size_t n,
                                     int32_t* taps));
// out[c] = scale * sum over rows of rows[r][c]
LLM_SIMD_FUNCTION(void, SumOfRows, (const float* const* rows, size_t count, size_t n, float scale, float* out));
// out[c] = sum over rows of weights[r] * rows[r][c]
LLM_SIMD_FUNCTION(void, WeightedSumOfRows, (const float* const* rows, const float* weights, size_t count, size_t n,
                                            float* out));
// out[c] = sum of the rows[r][c] for which chosen[r][c] is row_taps[r]
LLM_SIMD_FUNCTION(void, SumOfChosen, (const float* const* rows, const int32_t* const* chosen, const int32_t* row_taps,
                                      size_t count, size_t n, float* out));

}  // namespace llm

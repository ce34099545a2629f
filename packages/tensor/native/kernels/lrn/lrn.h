// Local response normalisation over the channels of a pixel (Krizhevsky et al. 2012), and its gradient.
//
//   norm[c] = bias + alpha * sum of x[k]^2 for |k - c| <= radius    out[c] = x[c] * norm[c]^-beta
//   dx[c] = dy[c] norm[c]^-beta - 2 alpha beta x[c] * sum of dy[k] out[k] / norm[k] for |k - c| <= radius
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

constexpr size_t kMaxLrnChannels = 1 << 14;

struct LrnOptions {
  size_t radius;  // at most the number of channels
  float bias, alpha, beta;
};

// work: 3 * (channels + 2 * radius) values.
LLM_SIMD_FUNCTION(void, LrnPixel, (const float* x, size_t channels, const LrnOptions& options, float* work, float* out));
LLM_SIMD_FUNCTION(void, LrnGradPixel, (const float* x, const float* y, const float* dy, size_t channels,
                                       const LrnOptions& options, float* work, float* dx));

}  // namespace llm

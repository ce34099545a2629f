// Normalisation with given statistics: out = (x - mean) * scale / sqrt(variance + eps) + offset, per channel.
// x, out: rows x channels, may be the same memory. scale and offset may be absent (1 and 0).
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

// out[r][c] = (x[r][c] - mean[c]) * factor[c] + offset[c]
LLM_SIMD_FUNCTION(void, BatchNormRows, (const float* x, const float* mean, const float* factor, const float* offset,
                                        size_t rows, size_t channels, float* out));

}  // namespace llm

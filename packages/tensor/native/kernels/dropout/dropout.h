// out[i] = word(i) < threshold ? 0 : x[i] * scale, where word(i) is word i of the Philox stream (seed, 1), the
// one that src/kernels/dropout.ts draws from. x, out: n elements, may be the same memory.
// Any split into pieces gives the same bits. The gradient is the same function of dy.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

struct DropoutMask {
  uint64_t seed;
  uint32_t threshold;
  float scale;
};

void Dropout(const float* x, float* out, size_t n, const DropoutMask& mask, Pool& pool);

// first: the place of x[0] in the stream, a multiple of 4.
LLM_SIMD_FUNCTION(void, DropoutRange,
                  (const float* x, float* out, size_t first, size_t n, const DropoutMask& mask));

}  // namespace llm

// out[i] = offset + scale * f(word(i)), where word(i) is word i of the Philox stream (seed, 0) from block `counter`
// on, and f makes a uniform or a standard normal number of it. The arithmetic is that of
// src/kernels/random-fill.ts in float64, operation by operation, so the bits are the same.
// Any split into pieces gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

enum class Distribution { kUniform = 0, kNormal = 1, kTruncatedNormal = 2 };

struct RandomStream {
  Distribution distribution;
  uint64_t seed;
  uint64_t counter;
  double offset;
  double scale;
};

void RandomFill(float* out, size_t n, const RandomStream& stream, Pool& pool);

// first: the place of out[0] in the stream, a multiple of 4.
LLM_SIMD_FUNCTION(void, RandomFillRange, (float* out, size_t first, size_t n, const RandomStream& stream));

}  // namespace llm

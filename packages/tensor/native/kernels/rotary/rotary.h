// Rotary position embedding (Su et al. 2021, arXiv 2104.09864), component i paired with i + D / 2:
//
//   out[i] = x[i] cos - x[i + D/2] sin,   out[i + D/2] = x[i + D/2] cos + x[i] sin
//
// with the cosine and sine of pair i at the row's position. x, out: [B, T, H, D]; cos, sin: [positions, D / 2].
// `is_inverse` rotates by the opposite angle, which is the gradient. out may be x. Every position must be below the
// tables' length.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

struct RotaryArgs {
  const float* x;
  const float* cos;
  const float* sin;
  const int32_t* positions;  // [B, T], or nullptr: row t has position offset + t
  size_t B, T, H, D;
  size_t offset;
  bool is_inverse;
  float* out;

  [[gnu::always_inline]] size_t Position(size_t row) const {
    return positions == nullptr ? offset + row % T : static_cast<size_t>(positions[row]);
  }
};

void Rotary(const RotaryArgs& args, Pool& pool);

// Rows [begin, end) of B T.
LLM_SIMD_FUNCTION(void, RotaryRows, (const RotaryArgs& args, size_t begin, size_t end));

}  // namespace llm

// How a product is cut into blocks and tasks. Depends on the sizes only, never on the number of threads. Pure.
#pragma once

#include <cstddef>

#include "kernels/gemm/gemm_simd.h"

namespace llm {

struct GemmPlan {
  bool is_a_shared = false;   // the operand that is packed whole; the other is packed slice by slice
  size_t block_k = 0;         // products summed in registers at a time
  size_t shared_chunk = 0;    // rows of A (columns of B) packed at a time
  size_t shared_part = 0;     // of those, how many one task multiplies; a multiple of the panel width
  size_t slice = 0;           // columns of B (rows of A) of one task; a multiple of the panel width
  size_t shared_width = 0;    // panel widths
  size_t slice_width = 0;
};

// Products summed before the operands are packed anew: with more, the shared operand would not fit in the cache
// whole, and its parts would each pack the other operand again. A multiple of kGemmBlockK.
size_t GemmDepth(size_t m, size_t n);

GemmPlan PlanGemm(size_t m, size_t n, size_t k, GemmTile tile);

// Rounds up to a multiple.
inline size_t RoundUp(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }
inline size_t DivideUp(size_t value, size_t divisor) { return (value + divisor - 1) / divisor; }

}  // namespace llm

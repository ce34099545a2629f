// How a product is cut into blocks and tasks. Depends on the sizes only, never on the number of threads. Pure.
#pragma once

#include <cstddef>

#include "kernels/gemm/gemm_simd.h"

namespace llm {

struct GemmPlan {
  bool is_a_shared = false;     // the operand that is packed whole: the smaller one
  bool is_sliced_whole = false; // the other is packed whole too; else slice by slice, by the thread that uses it
  size_t block_k = 0;           // products summed in registers at a time
  size_t shared_chunk = 0;      // rows of A (columns of B) packed at a time
  size_t shared_part = 0;       // of those, how many one task multiplies; a multiple of the panel width
  size_t slice = 0;             // columns of B (rows of A) of one task; a multiple of the panel width
  size_t shared_width = 0;      // panel widths
  size_t slice_width = 0;
  size_t scratch = 0;           // elements of packed operands
};

// What decides the plan besides the instruction set.
struct GemmSizes {
  size_t m;
  size_t n;
  bool is_b_by_column;  // B's k is contiguous: reading few columns of it reads whole cache lines in a row
};

// Products summed before the operands are packed anew: with more, what is packed whole would not fit in the cache.
// A multiple of kGemmBlockK.
size_t GemmDepth(const GemmSizes& sizes, GemmTile tile);

// For k up to GemmDepth.
GemmPlan PlanGemm(const GemmSizes& sizes, size_t k, GemmTile tile);

// Rounds up to a multiple.
inline size_t RoundUp(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }
inline size_t DivideUp(size_t value, size_t divisor) { return (value + divisor - 1) / divisor; }

}  // namespace llm

// How a product is cut into blocks and tasks. Depends on the sizes only, never on the number of threads. Pure.
//
// Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), with the roles of A and B given
// by their sizes. A task multiplies a slice of the larger operand, which stays in the thread's L2 cache, with the
// smaller one, which all threads share and which streams past, panel by panel, from the L3 cache.
#pragma once

#include <cstddef>

#include "kernels/gemm/gemm_simd.h"

namespace llm {

struct GemmPlan {
  bool is_a_shared = false;     // the operand that is packed whole: the smaller one
  bool is_sliced_whole = false; // the other is packed whole too; else slice by slice, by the thread that uses it
  size_t block_k = 0;           // units summed in registers at a time
  size_t depth = 0;             // units packed at a time: a multiple of block_k, or all
  size_t shared_chunk = 0;      // rows of A (columns of B) packed at a time
  size_t shared_part = 0;       // of those, how many one task multiplies; a multiple of the panel width
  size_t slice = 0;             // columns of B (rows of A) of one task; a multiple of the panel width
  size_t shared_width = 0;      // panel widths
  size_t slice_width = 0;
  size_t scratch = 0;           // units of packed operands; at most GemmPlanScratch
};

// A block of a slice is packed in the thread's workspace and has at most so many units: half of a usual L2 cache.
constexpr size_t kGemmSliceUnits = 128 * 1024;

// What decides the plan besides the instruction set.
struct GemmSizes {
  size_t m;
  size_t n;
  size_t units;         // of the sum over k
  bool is_b_by_column;  // B's k is contiguous: reading few columns of it reads whole cache lines in a row
};

// No size may be 0. block_k depends on `units` alone, so each element's bits do too.
GemmPlan PlanGemm(const GemmSizes& sizes, GemmTile tile);

// Units of working memory that suffice for these sizes and for all smaller ones, so that callers may use one piece of
// memory for products of several sizes.
size_t GemmPlanScratch(const GemmSizes& sizes, GemmTile tile);

// Rounds up to a multiple.
inline size_t RoundUp(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }
inline size_t DivideUp(size_t value, size_t divisor) { return (value + divisor - 1) / divisor; }

}  // namespace llm

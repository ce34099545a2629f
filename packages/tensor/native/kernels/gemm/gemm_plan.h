// How a product is cut into blocks and tasks. Pure. What decides the bits, block_k, depends on the sizes only; the rest
// also on the number of threads.
//
// Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), with the roles of A and B given
// by their sizes. A task multiplies a slice of the larger operand, which stays in the thread's L2 cache, with the
// smaller one, which all threads share and which streams past, panel by panel, from the L3 cache.
//
// Few threads share nothing: each packs the smaller operand for itself. Packing costs far less than the product, and
// cores that lie on chips without a common cache read what the other has just packed at the speed of memory: on two such
// cores, 256 x 256 x 256 took as long as on one.
#pragma once

#include <cstddef>

#include "kernels/gemm/gemm_simd.h"

namespace llm {

struct GemmPlan {
  bool is_a_shared = false;     // the operand that is packed whole: the smaller one, or B of two like ones
  bool is_sliced_whole = false; // the other is packed whole too; else slice by slice, by the thread that uses it
  size_t copies = 0;            // of the shared operand, one a thread; 0: one for all, packed by all
  size_t block_k = 0;           // units summed in registers at a time
  size_t depth = 0;             // units packed at a time: a multiple of block_k, or all
  size_t shared_chunk = 0;      // rows of A (columns of B) packed at a time
  size_t shared_part = 0;       // of those, how many one task multiplies; a multiple of the panel width
  size_t slices = 0;            // of the other operand, for one task each; see SliceStart
  size_t slice = 0;             // its columns (rows) in the largest of them; a multiple of the panel width
  size_t slice_panels = 0;      // in all of them
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

constexpr size_t kMostCopies = 2;  // threads that each pack for themselves

// No size may be 0. block_k depends on `units` alone, so each element's bits do too.
// `threads`: how many will share the work, 0 for any number of them and no copies.
GemmPlan PlanGemm(const GemmSizes& sizes, GemmTile tile, size_t threads);

// Units of working memory that suffice for these sizes and for all smaller ones, so that callers may use one piece of
// memory for products of several sizes.
size_t GemmPlanScratch(const GemmSizes& sizes, GemmTile tile);

// Where slice `i` begins, or ends if i is the next one's, as far as the matrix reaches. All have the same number of
// panels, or one more, so that threads have equal shares.
inline size_t SliceStart(const GemmPlan& plan, size_t i) {
  return i * plan.slice_panels / plan.slices * plan.slice_width;
}

// Rounds up to a multiple.
inline size_t RoundUp(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }
inline size_t DivideUp(size_t value, size_t divisor) { return (value + divisor - 1) / divisor; }

}  // namespace llm

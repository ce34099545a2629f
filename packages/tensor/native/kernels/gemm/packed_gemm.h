// The loops around a micro-kernel, for any element type. C = A B, cut by a GemmPlan.
//
// Packed operands are made of units of four bytes: one float32 value, or two bf16 or four int8 values of
// consecutive k. A panel holds `width` rows of A (or columns of B): for each unit in turn, their `width` units side
// by side, zero where the matrix has ended. float* is the type of packed memory whatever the units hold.
#pragma once

#include <cstddef>

#include "kernels/gemm/gemm_plan.h"
#include "threading/pool.h"

namespace llm {

// A or B, seen as `size` rows (columns) of k values each.
struct GemmOperand {
  // Packs rows `first` to `first + count`, values k to k + depth, k and depth in values. Panels begin panel_stride
  // units apart in `packed`.
  void (*pack)(const GemmOperand& operand, size_t first, size_t count, size_t k, size_t depth, float* packed,
               size_t panel_stride) = nullptr;
  const void* source = nullptr;
  size_t outer_stride = 0;  // elements between rows, and between values of k
  size_t k_stride = 0;
  size_t size = 0;
  size_t width = 0;  // of its panels
  size_t element_bytes = 0;  // of `source`; 0 where it is no array of elements
};

using GemmBlockFunction = void (*)(const GemmBlockArgs& args);
// What happens to a finished part of C, whose first element is (row, column): an activation, for example.
using GemmFinishFunction = void (*)(const void* context, float* c, size_t row, size_t column, size_t rows,
                                    size_t columns);

struct PackedGemm {
  GemmOperand a;
  GemmOperand b;
  size_t k = 0;           // values
  size_t k_per_unit = 1;  // values in a unit
  bool is_b_by_column = false;
  float* c = nullptr;
  size_t c_row = 0;
  bool accumulate = false;
  const float* bias = nullptr;
  GemmBlockFunction block = nullptr;
  GemmFinishFunction finish = nullptr;  // or nothing
  const void* finish_context = nullptr;
};

// Units of working memory that RunPackedGemm needs, for this product and any smaller one.
size_t PackedGemmScratch(const PackedGemm& gemm);
// And of each thread's workspace, at its start; at most kGemmSliceUnits.
size_t PackedGemmWorkspace(const PackedGemm& gemm);
// m, n and k must not be 0.
void RunPackedGemm(const PackedGemm& gemm, float* scratch, Pool& pool);

}  // namespace llm

// Matrix product: C = A B (+ C) (+ bias), then an activation. float32, any strides, any sizes.
//
// Each element of C sums its k products in blocks of at most kGemmBlockK, in order, each block in order: the
// same bits for every thread count and every place in the matrix. NaN and infinity spread as in a plain loop.
// C must not overlap A or B. Checked against the naive loop in gemm_ref.cc.
//
// How: gemm_plan.h. The smaller operand is packed whole and shared; the other is cut into slices, each packed by the
// thread that multiplies it, into memory that stays in its L2 cache. With few rows nothing is packed (gemv).
#pragma once

#include <cstddef>

#include "kernels/gemm/gemm_simd.h"
#include "threading/pool.h"

namespace llm {

constexpr size_t kGemmBlockK = 512;  // long enough that reading and writing C costs little, short enough for the caches

struct Gemm {
  size_t m = 0;
  size_t n = 0;
  size_t k = 0;
  const float* a = nullptr;  // [m][k]: element (i, k) at a[i * a_row + k * a_k]
  size_t a_row = 0;
  size_t a_k = 0;
  const float* b = nullptr;  // [k][n]: element (k, j) at b[k * b_k + j * b_column]
  size_t b_k = 0;
  size_t b_column = 0;
  float* c = nullptr;  // [m][n]: element (i, j) at c[i * c_row + j]
  size_t c_row = 0;
  bool accumulate = false;      // add to what C holds; then no bias
  const float* bias = nullptr;  // [n], or none
  Activation activation = Activation::kNone;
  float alpha = 0;
};

// Elements of working memory that suffice for RunGemm, with these sizes or smaller ones.
size_t GemmScratch(const Gemm& gemm);
void RunGemm(const Gemm& gemm, float* scratch, Pool& pool);

// `count` products that differ in where their matrices start: item i uses a + a_offsets[i] and so on.
struct GemmBatch {
  Gemm item;
  size_t count = 0;
  const size_t* a_offsets = nullptr;
  const size_t* b_offsets = nullptr;
  size_t c_stride = 0;  // item i's C at c + i * c_stride
};
size_t GemmBatchScratch(const GemmBatch& batch);
void RunGemmBatch(const GemmBatch& batch, float* scratch, Pool& pool);

// out[j] (+)= sum over i of x[i][j]: the gradient of a bias. x: rows x columns, contiguous.
void ColumnSums(const float* x, size_t rows, size_t columns, float* out, bool accumulate, Pool& pool);

// The definition, in double: slow and obviously right.
void RunGemmReference(const Gemm& gemm);

}  // namespace llm

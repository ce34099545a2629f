// The inner pieces of the matrix product, once per instruction set. gemm.cc puts them together.
//
// A packed operand is a sequence of panels: `width` rows of A (or columns of B), for each k in turn their
// `width` values side by side, zero where the matrix has ended. The width is the micro-kernel's tile size.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"

namespace llm {

// Rows and columns of C that one micro-kernel call computes.
struct GemmTile {
  size_t rows;
  size_t columns;
};

// What a tile starts from before the products are added.
enum class GemmInit { kZero, kC, kBias };

// Applied to C at the end. alpha is LeakyRelu's slope.
enum class Activation : int { kNone = 0, kRelu = 1, kRelu6 = 2, kElu = 3, kSigmoid = 4, kLeakyRelu = 5 };
constexpr int kActivations = 6;

LLM_SIMD_FUNCTION(GemmTile, GemmTileSize, ());

// Packs `outer` rows of A (tile.rows wide panels) or columns of B (tile.columns wide): element (o, k) of the
// source is source[o * outer_stride + k * k_stride]. Panels begin panel_stride elements apart.
LLM_SIMD_FUNCTION(void, GemmPackA, (const float* source, size_t outer_stride, size_t k_stride, size_t outer, size_t k,
                                    float* packed, size_t panel_stride));
LLM_SIMD_FUNCTION(void, GemmPackB, (const float* source, size_t outer_stride, size_t k_stride, size_t outer, size_t k,
                                    float* packed, size_t panel_stride));

// Memory that the same thread will read next, rows of row_bytes: GemmBlock asks for it, line by line, on its way.
struct GemmPrefetch {
  const char* at;
  size_t row_left;  // bytes
  size_t row_bytes;
  size_t stride;  // bytes from row to row
  size_t rows;    // left, the current one included
};

// C[m][n] = init + packed_a * packed_b, over `units` units of k: values here, more in other products
// (packed_gemm.h). Each element of C sums its products in order of k, wherever it lies in its tile.
struct GemmBlockArgs {
  size_t m, n, units;
  const float* packed_a;
  size_t a_stride;  // from panel to panel
  const float* packed_b;
  size_t b_stride;
  float* c;  // its elements have four bytes
  size_t c_stride;
  GemmInit init;
  const float* bias;          // n values, for kBias
  bool is_b_resident = false; // B is read again for each panel of A; else A for each panel of B
  GemmPrefetch* prefetch = nullptr;
};
LLM_SIMD_FUNCTION(void, GemmBlock, (const GemmBlockArgs& args));

// Applies the activation to C[m][n] in place.
LLM_SIMD_FUNCTION(void, GemmActivate, (float* c, size_t c_stride, size_t m, size_t n, Activation activation,
                                       float alpha));

// Thin products without packing; C columns n_begin to n_end.
// B is [n][k] with rows of b_stride: each C element is a dot product of two contiguous rows. Any m.
LLM_SIMD_FUNCTION(void, GemvDot, (size_t m, size_t n_begin, size_t n_end, size_t k, const float* a, size_t a_stride,
                                  const float* b, size_t b_stride, float* c, size_t c_stride, bool accumulate,
                                  const float* bias));
// B is [k][n] with rows of b_stride. m from 1 to kGemvMaxRows.
constexpr size_t kGemvMaxRows = 8;
LLM_SIMD_FUNCTION(void, GemvAxpy, (size_t m, size_t n_begin, size_t n_end, size_t k, const float* a, size_t a_stride,
                                   size_t a_k_stride, const float* b, size_t b_stride, float* c, size_t c_stride,
                                   bool accumulate, const float* bias));

// out[j] = (accumulate ? out[j] : 0) + sum over i of x[i][j], for j in [begin, end), in order of i.
LLM_SIMD_FUNCTION(void, SumRows, (const float* x, size_t stride, size_t rows, size_t begin, size_t end, float* out,
                                  bool accumulate));

}  // namespace llm

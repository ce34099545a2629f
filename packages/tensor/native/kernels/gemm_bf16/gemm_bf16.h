// Matrix product of bf16 values with float32 sums: C = A B (+ C) (+ bias). A and B are float32, rounded to the nearest
// bf16 (ties to even) while they are packed, or bf16 in memory already.
//
// With AVX-512-BF16 or arm64's FEAT_BF16 two products a lane and instruction (vdpbf16ps, bfdot; they take subnormal
// values for 0, and bfdot rounds its sums to odd); elsewhere the same roundings and the float32 kernels. As for the
// float32 product (gemm.h): any strides, the same bits for every thread count; not the same on processors with and
// without the instruction.
//
//   GemmBf16 g;
//   g.m = 512; g.n = 1536; g.k = 576;
//   g.a = {activations, GemmType::kFloat, 576, 1};          // [m][k], float32
//   g.b = {weights, GemmType::kBf16, 576, 1};               // a Linear's weight: [n][k], bf16
//   g.c = out; g.c_row = 1536;
//   RunGemmBf16(g, args.Scratch<float>(GemmBf16Scratch(g)), pool);
#pragma once

#include <cstddef>
#include <cstdint>

#include "threading/pool.h"

namespace llm {

enum class GemmType { kFloat, kBf16 };

// A matrix seen as rows of A or columns of B: value k of row (column) i at data[i * outer_stride + k * k_stride].
struct GemmBf16Matrix {
  const void* data = nullptr;  // float or uint16_t
  GemmType type = GemmType::kFloat;
  size_t outer_stride = 0;
  size_t k_stride = 0;
};

// Makes a piece of B just before it is used, so that quantised weights need no second copy: writes values k to k + depth
// of columns `column` to `column + count` as bf16 to tile[count][depth]. Called from several threads at once. Holds at
// most kGemmBf16Tile values. B must be large for this to pay: each value is made once.
using GemmBf16Tile = void (*)(const void* context, size_t column, size_t count, size_t k, size_t depth,
                              uint16_t* tile);
constexpr size_t kGemmBf16Tile = 128 * 1024;

struct GemmBf16 {
  size_t m = 0;
  size_t n = 0;
  size_t k = 0;
  GemmBf16Matrix a;
  GemmBf16Matrix b;               // or, when `tile` is set, nothing
  GemmBf16Tile tile = nullptr;
  const void* tile_context = nullptr;
  float* c = nullptr;  // [m][n]: element (i, j) at c[i * c_row + j]
  size_t c_row = 0;
  bool accumulate = false;      // add to what C holds; then no bias
  const float* bias = nullptr;  // [n], or none
};

// Elements of working memory that suffice for RunGemmBf16, with these sizes or smaller ones.
size_t GemmBf16Scratch(const GemmBf16& gemm);
void RunGemmBf16(const GemmBf16& gemm, float* scratch, Pool& pool);

// float32 to the nearest bf16, ties to even, NaN to NaN; and back.
void FloatsToBf16(const float* x, uint16_t* out, size_t n, Pool& pool);
void Bf16ToFloats(const uint16_t* x, float* out, size_t n, Pool& pool);

}  // namespace llm

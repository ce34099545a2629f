// Small matrix products whose operands lie in cache: C[M x N] += A[M x K] B[K x N]. Include only from *_simd.cc
// files. A's elements are a[m * a_row + k * a_col], so a transposed A costs nothing; rows of B and C are contiguous
// and N is a multiple of kLanes. A tile of kTileRows x kTileVectors accumulators stays in registers.
#pragma once

#include "simd/vec-inl.h"

namespace llm {
namespace LLM_ISA {

// 32 registers: 24 accumulators, 4 of B, 1 of A. 16 registers: 12 accumulators, 2 of B, 1 of A.
constexpr size_t kTileRows = 6;
constexpr size_t kTileVectors = kLanes == 16 ? 4 : 2;

struct MicroGemmArgs {
  const float* a;
  size_t a_row, a_col;
  const float* b;
  size_t b_row;
  float* c;
  size_t c_row;
  size_t K;
};

template <size_t kRows, size_t kVectors>
LLM_INLINE void MicroTile(const MicroGemmArgs& g, const float* a, const float* b, float* c, bool accumulate) {
  F32 sums[kRows][kVectors];
#pragma GCC unroll 8
  for (size_t m = 0; m < kRows; ++m) {
#pragma GCC unroll 8
    for (size_t n = 0; n < kVectors; ++n) sums[m][n] = accumulate ? Load(c + m * g.c_row + n * kLanes) : Zero();
  }
  for (size_t k = 0; k < g.K; ++k) {
    F32 right[kVectors];
#pragma GCC unroll 8
    for (size_t n = 0; n < kVectors; ++n) right[n] = Load(b + k * g.b_row + n * kLanes);
#pragma GCC unroll 8
    for (size_t m = 0; m < kRows; ++m) {
      const F32 left = Set(a[m * g.a_row + k * g.a_col]);
#pragma GCC unroll 8
      for (size_t n = 0; n < kVectors; ++n) sums[m][n] = Fma(left, right[n], sums[m][n]);
    }
  }
#pragma GCC unroll 8
  for (size_t m = 0; m < kRows; ++m) {
#pragma GCC unroll 8
    for (size_t n = 0; n < kVectors; ++n) Store(c + m * g.c_row + n * kLanes, sums[m][n]);
  }
}

template <size_t kVectors>
static void MicroColumns(const MicroGemmArgs& g, size_t M, size_t column, bool accumulate) {
  const float* b = g.b + column;
  const float* a = g.a;
  float* c = g.c + column;
  size_t m = 0;
  for (; m + kTileRows <= M; m += kTileRows) {
    MicroTile<kTileRows, kVectors>(g, a + m * g.a_row, b, c + m * g.c_row, accumulate);
  }
  a += m * g.a_row;
  c += m * g.c_row;
  switch (M - m) {
    case 1: return MicroTile<1, kVectors>(g, a, b, c, accumulate);
    case 2: return MicroTile<2, kVectors>(g, a, b, c, accumulate);
    case 3: return MicroTile<3, kVectors>(g, a, b, c, accumulate);
    case 4: return MicroTile<4, kVectors>(g, a, b, c, accumulate);
    case 5: return MicroTile<5, kVectors>(g, a, b, c, accumulate);
    default: return;
  }
}

// Without `accumulate` C is overwritten.
static void MicroGemm(const MicroGemmArgs& g, size_t M, size_t N, bool accumulate) {
  size_t column = 0;
  for (; column + kTileVectors * kLanes <= N; column += kTileVectors * kLanes) {
    MicroColumns<kTileVectors>(g, M, column, accumulate);
  }
  switch ((N - column) / kLanes) {
    case 1: return MicroColumns<1>(g, M, column, accumulate);
    case 2: return MicroColumns<2>(g, M, column, accumulate);
    case 3: return MicroColumns<3>(g, M, column, accumulate);
    default: return;
  }
}

}  // namespace LLM_ISA
}  // namespace llm

// The micro-kernel and the loops around it, for any kind of unit. Goto and van de Geijn, "Anatomy of High-Performance
// Matrix Multiplication" (2008): a tile of C stays in registers while panels of A and B stream past.
#pragma once

#include "kernels/gemm/gemm_simd.h"
#include "simd/vec-inl.h"

namespace llm {
namespace LLM_ISA {

// Tile sizes fill the registers: rows * vectors accumulators, `vectors` of B, one broadcast of A.
#if defined(__AVX512F__)
constexpr size_t kRows = 14, kVectors = 2;  // 28 + 2 + 1 of 32
#elif defined(__AVX2__)
constexpr size_t kRows = 6, kVectors = 2;  // 12 + 2 + 1 of 16
#elif defined(__aarch64__)
constexpr size_t kRows = 8, kVectors = 3;  // 24 + 3 + 1 of 32
#else
constexpr size_t kRows = 4, kVectors = 2;  // 8 + 2 + 1 of 16
#endif
constexpr size_t kColumns = kVectors * kLanes;

// One unit is one float32.
struct FloatMath {
  using Vector = F32;  // of C's elements
  static LLM_INLINE_METHOD F32 MulAdd(F32 sum, F32 a, F32 b) { return Fma(a, b, sum); }
  static LLM_INLINE_METHOD F32 Repeat(const float* unit) { return Set(*unit); }
  static LLM_INLINE_METHOD F32 ElementsN(const float* c, size_t lanes) { return LoadN(c, lanes); }
  static LLM_INLINE_METHOD F32 Bits(F32 c) { return c; }
};

// A whole tile's rows are asked for within the first 14 * 8 units.
constexpr size_t kUnitsPerPrefetch = 8;

struct GemmTileCall {
  const float* a;
  const float* b;
  size_t units;
  float* c;
  size_t c_stride;
  size_t columns;  // that exist
  GemmInit init;
  const float* bias;
  GemmPrefetch* prefetch;
};

LLM_INLINE void PrefetchLine(GemmPrefetch* p) {
  constexpr size_t kLine = 64;
  if (p == nullptr || p->rows == 0) return;
  __builtin_prefetch(p->at, 0, 2);
  if (p->row_left > kLine) {
    p->at += kLine;
    p->row_left -= kLine;
  } else {
    p->at += p->row_left + p->stride - p->row_bytes;
    p->row_left = p->row_bytes;
    --p->rows;
  }
}

// Lanes of vector v that exist; 0 where the matrix has ended before it.
LLM_INLINE size_t LanesOf(size_t columns, size_t v) {
  return columns > v * kLanes ? Remaining(columns - v * kLanes) : 0;
}

// C = its start + sum. Unrolled, so that the sums stay in registers.
template <typename Math, size_t kM, bool kIsWhole>
LLM_INLINE void StoreTile(const GemmTileCall& tile, typename Math::Vector (&sum)[kM][kVectors]) {
  using Vector = typename Math::Vector;
#pragma GCC unroll 4
  for (size_t v = 0; v < kVectors; ++v) {
    const size_t lanes = kIsWhole ? kLanes : LanesOf(tile.columns, v);
    if (lanes == 0) break;
    const Vector bias = tile.init == GemmInit::kBias ? Math::ElementsN(tile.bias + v * kLanes, lanes) : Vector{};
    float* c = tile.c + v * kLanes;
    if (tile.init == GemmInit::kC) {
#pragma GCC unroll 16
      for (size_t i = 0; i < kM; ++i) {
        float* to = c + i * tile.c_stride;
        StoreN(to, Math::Bits(Math::ElementsN(to, lanes) + sum[i][v]), lanes);
      }
    } else {
#pragma GCC unroll 16
      for (size_t i = 0; i < kM; ++i) StoreN(c + i * tile.c_stride, Math::Bits(bias + sum[i][v]), lanes);
    }
  }
}

// Math::Vector holds C's elements; MulAdd(sum, a, b) adds the products of a's and b's units, a's repeated in all lanes.
template <typename Math, size_t kM>
void GemmMicroKernel(const GemmTileCall& tile) {
  using Vector = typename Math::Vector;
  Vector sum[kM][kVectors];
  const float* a = tile.a;
  const float* b = tile.b;
#pragma GCC unroll 16
  for (size_t i = 0; i < kM; ++i) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) sum[i][v] = Vector{};
  }
  // C is cold, a row a page: its rows arrive one after the other while the products are added up. All at once, they
  // would keep A and B waiting.
  const float* c_row = tile.c;
  for (size_t left = tile.units; left > 0;) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) __builtin_prefetch(c_row + v * kLanes, 1);
    PrefetchLine(tile.prefetch);
    c_row += c_row == tile.c + (kM - 1) * tile.c_stride ? 0 : tile.c_stride;
    const size_t units = left < kUnitsPerPrefetch ? left : kUnitsPerPrefetch;
    left -= units;
    for (size_t unit = units; unit > 0; --unit) {
      F32 column[kVectors];
      for (size_t v = 0; v < kVectors; ++v) column[v] = Load(b + v * kLanes);
#pragma GCC unroll 16
      for (size_t i = 0; i < kM; ++i) {
        const F32 row = Math::Repeat(a + i);
#pragma GCC unroll 4
        for (size_t v = 0; v < kVectors; ++v) sum[i][v] = Math::MulAdd(sum[i][v], row, column[v]);
      }
      a += kRows;
      b += kColumns;
    }
  }
  if (tile.columns == kColumns) {
    StoreTile<Math, kM, true>(tile, sum);
  } else {
    StoreTile<Math, kM, false>(tile, sum);
  }
}

using GemmMicroKernelFunction = void (*)(const GemmTileCall& tile);

// Index m computes m rows; 0 is not used.
template <typename Math>
struct GemmMicroKernels {
#define LLM_KERNEL(m) GemmMicroKernel<Math, m>
#if defined(__AVX512F__)
  static constexpr GemmMicroKernelFunction kOfRows[] = {
      nullptr,       LLM_KERNEL(1), LLM_KERNEL(2),  LLM_KERNEL(3),  LLM_KERNEL(4),  LLM_KERNEL(5),  LLM_KERNEL(6), LLM_KERNEL(7),
      LLM_KERNEL(8), LLM_KERNEL(9), LLM_KERNEL(10), LLM_KERNEL(11), LLM_KERNEL(12), LLM_KERNEL(13), LLM_KERNEL(14)};
#elif defined(__AVX2__)
  static constexpr GemmMicroKernelFunction kOfRows[] = {nullptr,       LLM_KERNEL(1), LLM_KERNEL(2), LLM_KERNEL(3),
                                                        LLM_KERNEL(4), LLM_KERNEL(5), LLM_KERNEL(6)};
#elif defined(__aarch64__)
  static constexpr GemmMicroKernelFunction kOfRows[] = {nullptr,       LLM_KERNEL(1), LLM_KERNEL(2),
                                                        LLM_KERNEL(3), LLM_KERNEL(4), LLM_KERNEL(5),
                                                        LLM_KERNEL(6), LLM_KERNEL(7), LLM_KERNEL(8)};
#else
  static constexpr GemmMicroKernelFunction kOfRows[] = {nullptr, LLM_KERNEL(1), LLM_KERNEL(2), LLM_KERNEL(3),
                                                        LLM_KERNEL(4)};
#endif
#undef LLM_KERNEL
  static_assert(sizeof kOfRows / sizeof kOfRows[0] == kRows + 1, "one kernel per number of rows");
};

template <typename Math>
LLM_INLINE void GemmTileAt(const GemmBlockArgs& g, size_t i, size_t j) {
  const size_t rows = g.m - i < kRows ? g.m - i : kRows;
  const size_t columns = g.n - j < kColumns ? g.n - j : kColumns;
  GemmMicroKernels<Math>::kOfRows[rows]({g.packed_a + i / kRows * g.a_stride, g.packed_b + j / kColumns * g.b_stride,
                                         g.units, g.c + i * g.c_stride + j, g.c_stride, columns, g.init,
                                         g.init == GemmInit::kBias ? g.bias + j : nullptr, g.prefetch});
}

// GemmBlock of gemm_simd.h, over units of any kind.
template <typename Math>
LLM_INLINE void GemmBlockOf(const GemmBlockArgs& g) {
  if (g.is_b_resident) {
    for (size_t i = 0; i < g.m; i += kRows) {
      for (size_t j = 0; j < g.n; j += kColumns) GemmTileAt<Math>(g, i, j);
    }
  } else {
    for (size_t j = 0; j < g.n; j += kColumns) {
      for (size_t i = 0; i < g.m; i += kRows) GemmTileAt<Math>(g, i, j);
    }
  }
}

}  // namespace LLM_ISA
}  // namespace llm

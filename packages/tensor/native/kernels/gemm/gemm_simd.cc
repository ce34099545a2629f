// The micro-kernel and the loops around it. Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication" (2008): a tile of C stays in registers while panels of A and B stream past.
#include "kernels/gemm/gemm_simd.h"

#include "kernels/gemm/gemm_pack-inl.h"
#include "simd/math-inl.h"

namespace llm::LLM_ISA {

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

GemmTile GemmTileSize() { return {kRows, kColumns}; }

void GemmPackA(const float* source, size_t outer_stride, size_t k_stride, size_t outer, size_t k, float* packed,
               size_t panel_stride) {
  PackPanels<kRows>(source, outer_stride, k_stride, outer, k, packed, panel_stride);
}

void GemmPackB(const float* source, size_t outer_stride, size_t k_stride, size_t outer, size_t k, float* packed,
               size_t panel_stride) {
  PackPanels<kColumns>(source, outer_stride, k_stride, outer, k, packed, panel_stride);
}

namespace {

struct Tile {
  const float* a;
  const float* b;
  size_t k;
  float* c;
  size_t c_stride;
  size_t columns;  // that exist
  GemmInit init;
  const float* bias;
};

using MicroKernel = void (*)(const Tile& tile);

// Lanes of vector v that exist; 0 where the matrix has ended before it.
LLM_INLINE size_t LanesOf(size_t columns, size_t v) {
  return columns > v * kLanes ? Remaining(columns - v * kLanes) : 0;
}

template <size_t kM>
void MicroKernelOf(const Tile& tile) {
  F32 sum[kM][kVectors];
  const float* a = tile.a;
  const float* b = tile.b;
  for (size_t i = 0; i < kM; ++i) {
    for (size_t v = 0; v < kVectors; ++v) sum[i][v] = Zero();
  }
  for (size_t k = tile.k; k > 0; --k) {
    F32 column[kVectors];
    for (size_t v = 0; v < kVectors; ++v) column[v] = Load(b + v * kLanes);
#pragma GCC unroll 16
    for (size_t i = 0; i < kM; ++i) {
      const F32 row = Set(a[i]);
#pragma GCC unroll 4
      for (size_t v = 0; v < kVectors; ++v) sum[i][v] = Fma(row, column[v], sum[i][v]);
    }
    a += kRows;
    b += kColumns;
  }
  const bool is_whole = tile.columns == kColumns;
  for (size_t v = 0; v < kVectors; ++v) {
    const size_t lanes = LanesOf(tile.columns, v);
    if (lanes == 0) break;
    const F32 bias = tile.init == GemmInit::kBias ? LoadN(tile.bias + v * kLanes, lanes) : Zero();
    float* c = tile.c + v * kLanes;
    for (size_t i = 0; i < kM; ++i, c += tile.c_stride) {
      if (is_whole) {
        Store(c, tile.init == GemmInit::kC ? Load(c) + sum[i][v] : sum[i][v] + bias);
      } else {
        StoreN(c, tile.init == GemmInit::kC ? LoadN(c, lanes) + sum[i][v] : sum[i][v] + bias, lanes);
      }
    }
  }
}

// Index m computes m rows; 0 is not used.
#if defined(__AVX512F__)
constexpr MicroKernel kMicroKernels[] = {
    nullptr,           MicroKernelOf<1>,  MicroKernelOf<2>,  MicroKernelOf<3>,  MicroKernelOf<4>,
    MicroKernelOf<5>,  MicroKernelOf<6>,  MicroKernelOf<7>,  MicroKernelOf<8>,  MicroKernelOf<9>,
    MicroKernelOf<10>, MicroKernelOf<11>, MicroKernelOf<12>, MicroKernelOf<13>, MicroKernelOf<14>};
#elif defined(__AVX2__)
constexpr MicroKernel kMicroKernels[] = {nullptr,          MicroKernelOf<1>, MicroKernelOf<2>, MicroKernelOf<3>,
                                         MicroKernelOf<4>, MicroKernelOf<5>, MicroKernelOf<6>};
#elif defined(__aarch64__)
constexpr MicroKernel kMicroKernels[] = {nullptr,          MicroKernelOf<1>, MicroKernelOf<2>,
                                         MicroKernelOf<3>, MicroKernelOf<4>, MicroKernelOf<5>,
                                         MicroKernelOf<6>, MicroKernelOf<7>, MicroKernelOf<8>};
#else
constexpr MicroKernel kMicroKernels[] = {nullptr, MicroKernelOf<1>, MicroKernelOf<2>, MicroKernelOf<3>,
                                         MicroKernelOf<4>};
#endif
static_assert(sizeof kMicroKernels / sizeof kMicroKernels[0] == kRows + 1, "one kernel per number of rows");

}  // namespace

void GemmBlock(size_t m, size_t n, size_t k, const float* packed_a, size_t a_stride, const float* packed_b,
               size_t b_stride, float* c, size_t c_stride, GemmInit init, const float* bias) {
  for (size_t j = 0; j < n; j += kColumns) {
    const size_t columns = n - j < kColumns ? n - j : kColumns;
    const float* b = packed_b + j / kColumns * b_stride;
    for (size_t i = 0; i < m; i += kRows) {
      const size_t rows = m - i < kRows ? m - i : kRows;
      kMicroKernels[rows]({packed_a + i / kRows * a_stride, b, k, c + i * c_stride + j, c_stride, columns, init,
                           init == GemmInit::kBias ? bias + j : nullptr});
    }
  }
}

namespace {

LLM_INLINE F32 Activate(F32 x, Activation activation, F32 alpha) {
  switch (activation) {
    case Activation::kRelu: return Max(Zero(), x);
    case Activation::kRelu6: return Min(Set(6.0f), Max(Zero(), x));
    case Activation::kElu: return Select(x >= Zero(), x, Exp(x) - Set(1.0f));
    case Activation::kSigmoid: return Sigmoid(x);
    case Activation::kLeakyRelu: return Select(x < Zero(), x * alpha, x);
    case Activation::kNone: break;
  }
  return x;
}

}  // namespace

void GemmActivate(float* c, size_t c_stride, size_t m, size_t n, Activation activation, float alpha) {
  for (size_t i = 0; i < m; ++i) {
    float* row = c + i * c_stride;
    for (size_t j = 0; j < n; j += kLanes) {
      const size_t lanes = Remaining(n - j);
      StoreN(row + j, Activate(LoadN(row + j, lanes), activation, Set(alpha)), lanes);
    }
  }
}

void SumRows(const float* x, size_t stride, size_t rows, size_t begin, size_t end, float* out, bool accumulate) {
  for (size_t j = begin; j < end; j += kLanes) {
    const size_t lanes = Remaining(end - j);
    F32 sum = accumulate ? LoadN(out + j, lanes) : Zero();
    for (size_t i = 0; i < rows; ++i) sum += LoadN(x + i * stride + j, lanes);
    StoreN(out + j, sum, lanes);
  }
}

}  // namespace llm::LLM_ISA

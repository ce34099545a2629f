// Thin products: a few rows of A against a matrix that is read once. Bound by the speed of memory, so nothing is
// packed; each value of B that is loaded serves all rows of A.
#include "kernels/gemm/gemm_simd.h"
#include "simd/shuffle-inl.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {
namespace {

struct Dot {
  size_t m;
  size_t k;
  const float* a;
  size_t a_stride;
  const float* b;
  size_t b_stride;
  float* c;
  size_t c_stride;
  bool accumulate;
  const float* bias;
};

constexpr size_t kAhead = 512;  // floats: the hardware does not look past a page
constexpr size_t kColumnsAhead = 8;

// One column of C for one or two rows: B streams through as it lies. Two sums hide the latency of Fma.
template <size_t kM>
LLM_INLINE void DotColumn(const Dot& p, size_t n) {
  constexpr size_t kWays = 2;
  const float* b = p.b + n * p.b_stride;
  F32 sum[kM][kWays];
#pragma GCC unroll 8
  for (size_t i = 0; i < kM; ++i) {
#pragma GCC unroll 8
    for (size_t w = 0; w < kWays; ++w) sum[i][w] = Zero();
  }
  size_t k = 0;
  for (; k + kWays * kLanes <= p.k; k += kWays * kLanes) {
#pragma GCC unroll 8
    for (size_t w = 0; w < kWays; ++w) {
      __builtin_prefetch(b + k + w * kLanes + kAhead);
      const F32 column = Load(b + k + w * kLanes);
#pragma GCC unroll 8
      for (size_t i = 0; i < kM; ++i) sum[i][w] = Fma(Load(p.a + i * p.a_stride + k + w * kLanes), column, sum[i][w]);
    }
  }
  for (; k < p.k; k += kLanes) {
    const size_t lanes = Remaining(p.k - k);
    const F32 column = LoadN(b + k, lanes);
#pragma GCC unroll 8
    for (size_t i = 0; i < kM; ++i) sum[i][0] = Fma(LoadN(p.a + i * p.a_stride + k, lanes), column, sum[i][0]);
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < kM; ++i) {
    float* c = p.c + i * p.c_stride + n;
    const float start = p.accumulate ? *c : p.bias != nullptr ? p.bias[n] : 0.0f;
    *c = start + ReduceAdd(sum[i][0] + sum[i][1]);
  }
}

// totals[i] = the sum of sums[i]'s lanes.
template <size_t kCount>
LLM_INLINE void SumLanes(const F32* sums, float* totals) {
#pragma GCC unroll 4
  for (size_t first = 0; first < kCount; first += kLanes) {
    const size_t count = kCount - first < kLanes ? kCount - first : kLanes;
    F32 rows[kLanes];
#pragma GCC unroll 16
    for (size_t i = 0; i < kLanes; ++i) rows[i] = i < count ? sums[first + i] : Zero();
    if (count == kLanes) {
      Store(totals + first, SumOfEachRow(rows));
    } else {
      StoreN(totals + first, SumOfEachRow(rows), count);
    }
  }
}

// kM rows from `first` on, kN columns of C: enough independent sums to hide the latency of Fma.
template <size_t kM, size_t kN>
LLM_INLINE void DotColumns(const Dot& p, size_t first, size_t n, bool is_first) {
  const float* a = p.a + first * p.a_stride;
  F32 sum[kM][kN];
#pragma GCC unroll 8
  for (size_t i = 0; i < kM; ++i) {
#pragma GCC unroll 8
    for (size_t j = 0; j < kN; ++j) sum[i][j] = Zero();
  }
  size_t k = 0;
  for (; k + kLanes <= p.k; k += kLanes) {
    F32 row[kM];
#pragma GCC unroll 8
    for (size_t i = 0; i < kM; ++i) row[i] = Load(a + i * p.a_stride + k);
#pragma GCC unroll 8
    for (size_t j = 0; j < kN; ++j) {
      const float* b = p.b + (n + j) * p.b_stride + k;
      // Columns to come: they are too short for the hardware to see ahead.
      if (is_first) __builtin_prefetch(b + kColumnsAhead * p.b_stride);
      const F32 column = Load(b);
#pragma GCC unroll 8
      for (size_t i = 0; i < kM; ++i) sum[i][j] = Fma(row[i], column, sum[i][j]);
    }
  }
  if (k < p.k) {
#pragma GCC unroll 8
    for (size_t j = 0; j < kN; ++j) {
      const F32 column = LoadN(p.b + (n + j) * p.b_stride + k, p.k - k);
#pragma GCC unroll 8
      for (size_t i = 0; i < kM; ++i) {
        sum[i][j] = Fma(LoadN(a + i * p.a_stride + k, p.k - k), column, sum[i][j]);
      }
    }
  }
  alignas(64) float totals[kM * kN];
  SumLanes<kM * kN>(&sum[0][0], totals);
#pragma GCC unroll 8
  for (size_t i = 0; i < kM; ++i) {
#pragma GCC unroll 8
    for (size_t j = 0; j < kN; ++j) {
      float* c = p.c + (first + i) * p.c_stride + n + j;
      const float start = p.accumulate ? *c : p.bias != nullptr ? p.bias[n + j] : 0.0f;
      *c = start + totals[i * kN + j];
    }
  }
}

// All rows for kN columns, which stay in the nearest cache meanwhile: reading them from afar overlaps with the products.
template <size_t kN>
LLM_INLINE void DotRows(const Dot& p, size_t n) {
  constexpr size_t kM = 4;
  size_t i = 0;
  for (; i + kM <= p.m; i += kM) DotColumns<kM, kN>(p, i, n, i == 0);
  if (p.m - i == 3) DotColumns<3, kN>(p, i, n, i == 0);
  if (p.m - i == 2) DotColumns<2, kN>(p, i, n, i == 0);
  if (p.m - i == 1) DotColumns<1, kN>(p, i, n, i == 0);
}

void DotRange(const Dot& p, size_t n_begin, size_t n_end) {
  size_t n = n_begin;
  if (p.m == 1) {
    for (; n < n_end; ++n) DotColumn<1>(p, n);
  } else if (p.m == 2) {
    for (; n < n_end; ++n) DotColumn<2>(p, n);
  }
  constexpr size_t kN = 4;
  for (; n + kN <= n_end; n += kN) DotRows<kN>(p, n);
  for (; n < n_end; ++n) DotRows<1>(p, n);
}

constexpr size_t kPrefetchRows = 12;

struct Axpy {
  size_t k;
  const float* a;
  size_t a_stride;
  size_t a_k_stride;
  const float* b;
  size_t b_stride;
  float* c;
  size_t c_stride;
  bool accumulate;
  const float* bias;
};

// kV vectors of columns, the last of `lanes` lanes.
template <size_t kM, size_t kV>
LLM_INLINE void AxpyColumns(const Axpy& p, size_t n, size_t lanes) {
  F32 sum[kM][kV];
#pragma GCC unroll 8
  for (size_t i = 0; i < kM; ++i) {
#pragma GCC unroll 8
    for (size_t v = 0; v < kV; ++v) sum[i][v] = Zero();
  }
  for (size_t k = 0; k < p.k; ++k) {
    F32 column[kV];
    const float* b = p.b + k * p.b_stride + n;
    __builtin_prefetch(b + kPrefetchRows * p.b_stride);  // rows lie pages apart
#pragma GCC unroll 8
    for (size_t v = 0; v + 1 < kV; ++v) column[v] = Load(b + v * kLanes);
    column[kV - 1] = LoadN(b + (kV - 1) * kLanes, lanes);
#pragma GCC unroll 8
    for (size_t i = 0; i < kM; ++i) {
      const F32 row = Set(p.a[i * p.a_stride + k * p.a_k_stride]);
#pragma GCC unroll 8
      for (size_t v = 0; v < kV; ++v) sum[i][v] = Fma(row, column[v], sum[i][v]);
    }
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < kM; ++i) {
#pragma GCC unroll 8
    for (size_t v = 0; v < kV; ++v) {
      const size_t width = v + 1 < kV ? kLanes : lanes;
      float* c = p.c + i * p.c_stride + n + v * kLanes;
      F32 start = Zero();
      if (p.accumulate) {
        start = LoadN(c, width);
      } else if (p.bias != nullptr) {
        start = LoadN(p.bias + n + v * kLanes, width);
      }
      StoreN(c, start + sum[i][v], width);
    }
  }
}

template <size_t kM>
void AxpyRange(const Axpy& p, size_t n_begin, size_t n_end) {
  constexpr size_t kV = kM <= 2 ? 4 : 2;
  size_t n = n_begin;
  for (; n + kV * kLanes <= n_end; n += kV * kLanes) AxpyColumns<kM, kV>(p, n, kLanes);
  for (; n < n_end; n += kLanes) AxpyColumns<kM, 1>(p, n, Remaining(n_end - n));
}

}  // namespace

void GemvDot(size_t m, size_t n_begin, size_t n_end, size_t k, const float* a, size_t a_stride, const float* b,
             size_t b_stride, float* c, size_t c_stride, bool accumulate, const float* bias) {
  DotRange({m, k, a, a_stride, b, b_stride, c, c_stride, accumulate, bias}, n_begin, n_end);
}

void GemvAxpy(size_t m, size_t n_begin, size_t n_end, size_t k, const float* a, size_t a_stride, size_t a_k_stride,
              const float* b, size_t b_stride, float* c, size_t c_stride, bool accumulate, const float* bias) {
  constexpr void (*kRanges[])(const Axpy&, size_t, size_t) = {nullptr,      AxpyRange<1>, AxpyRange<2>,
                                                             AxpyRange<3>, AxpyRange<4>, AxpyRange<5>,
                                                             AxpyRange<6>, AxpyRange<7>, AxpyRange<8>};
  kRanges[m]({k, a, a_stride, a_k_stride, b, b_stride, c, c_stride, accumulate, bias}, n_begin, n_end);
}

}  // namespace llm::LLM_ISA

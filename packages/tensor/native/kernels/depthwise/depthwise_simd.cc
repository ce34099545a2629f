// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/depthwise/depthwise.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {
namespace {

template <size_t kV>
LLM_INLINE void SumVectors(const RowPair* pairs, size_t count, size_t i, float* out, bool accumulate) {
  F32 sums[kV];
#pragma GCC unroll 4
  for (size_t v = 0; v < kV; ++v) sums[v] = accumulate ? Load(out + i + v * kLanes) : Zero();
  for (size_t p = 0; p < count; ++p) {
    const float* a = pairs[p].a + i;
    const float* b = pairs[p].b + i;
#pragma GCC unroll 4
    for (size_t v = 0; v < kV; ++v) sums[v] = Fma(Load(a + v * kLanes), Load(b + v * kLanes), sums[v]);
  }
#pragma GCC unroll 4
  for (size_t v = 0; v < kV; ++v) Store(out + i + v * kLanes, sums[v]);
}

}  // namespace

void SumOfProducts(const RowPair* pairs, size_t count, size_t n, float* out, bool accumulate) {
  size_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) SumVectors<4>(pairs, count, i, out, accumulate);
  for (; i + kLanes <= n; i += kLanes) SumVectors<1>(pairs, count, i, out, accumulate);
  if (i == n) return;
  const size_t lanes = n - i;
  F32 sum = accumulate ? LoadN(out + i, lanes) : Zero();
  for (size_t p = 0; p < count; ++p) sum = Fma(LoadN(pairs[p].a + i, lanes), LoadN(pairs[p].b + i, lanes), sum);
  StoreN(out + i, sum, lanes);
}

void SumOfSpreadProducts(const RowPair* pairs, size_t count, size_t n, size_t m, float* out, bool accumulate) {
  for (size_t i = 0; i < n * m && !accumulate; ++i) out[i] = 0;
  for (size_t p = 0; p < count; ++p) {
    const float* b = pairs[p].b;
    for (size_t c = 0; c < n; ++c) {
      const float a = pairs[p].a[c];
      for (size_t q = 0; q < m; ++q) out[c * m + q] += a * b[c * m + q];
    }
  }
}

void SumOfGatheredProducts(const RowPair* pairs, size_t count, size_t n, size_t m, float* out, bool accumulate) {
  for (size_t c = 0; c < n && !accumulate; ++c) out[c] = 0;
  for (size_t p = 0; p < count; ++p) {
    const float* a = pairs[p].a;
    const float* b = pairs[p].b;
    for (size_t c = 0; c < n; ++c) {
      float sum = 0;
      for (size_t q = 0; q < m; ++q) sum += a[c * m + q] * b[c * m + q];
      out[c] += sum;
    }
  }
}

}  // namespace llm::LLM_ISA

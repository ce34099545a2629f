// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/global_norm/global_norm.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

constexpr size_t kPiece = 4096;
constexpr size_t kStep = 4 * kLanes;  // four sums, so that additions do not wait for each other

static float SumOfPiece(const float* x, size_t n) {
  F32 sum[4] = {};
  size_t i = 0;
  for (; i + kStep <= n; i += kStep) {
    for (size_t k = 0; k < 4; ++k) {
      const F32 v = Load(x + i + k * kLanes);
      sum[k] = Fma(v, v, sum[k]);
    }
  }
  for (; i < n; i += kLanes) {
    const F32 v = LoadN(x + i, Remaining(n - i));
    sum[0] = Fma(v, v, sum[0]);
  }
  return ReduceAdd((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

double SumOfSquares(const float* x, size_t n) {
  double total = 0;
  for (size_t i = 0; i < n; i += kPiece) total += SumOfPiece(x + i, n - i < kPiece ? n - i : kPiece);
  return total;
}

}  // namespace llm::LLM_ISA

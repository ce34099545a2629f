// A float32 matrix product in the precision that the caller asks for.
#pragma once

#include "kernels/gemm/gemm.h"

namespace llm {

// How products of float32 matrices are computed; sums are float32 always.
enum class Precision : int { kFloat32 = 0, kBf16 = 1 };
constexpr int kPrecisions = 2;

// RunGemm, or RunGemmBf16 with kBf16. Thin products, which the speed of memory bounds, and those with an activation
// are float32 in any case.
size_t ProductScratch(const Gemm& gemm, Precision precision);
void RunProduct(const Gemm& gemm, Precision precision, float* scratch, Pool& pool);

}  // namespace llm

// The float32 kernels, compiled once per instruction set.
#include "kernels/gemm/gemm_simd.h"

#include "kernels/gemm/gemm_block-inl.h"
#include "kernels/gemm/gemm_pack-inl.h"
#include "simd/math-inl.h"

namespace llm::LLM_ISA {

GemmTile GemmTileSize() { return {kRows, kColumns}; }

void GemmPackA(const float* source, size_t outer_stride, size_t k_stride, size_t outer, size_t k, float* packed,
               size_t panel_stride) {
  PackPanels<kRows>(FloatSource{source, outer_stride, k_stride, k}, outer, packed, panel_stride);
}

void GemmPackB(const float* source, size_t outer_stride, size_t k_stride, size_t outer, size_t k, float* packed,
               size_t panel_stride) {
  PackPanels<kColumns>(FloatSource{source, outer_stride, k_stride, k}, outer, packed, panel_stride);
}

void GemmBlock(const GemmBlockArgs& args) { GemmBlockOf<FloatMath>(args); }

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
    ForEachVector(n, [&](size_t j, size_t lanes) LLM_LAMBDA {
      StoreN(row + j, Activate(LoadN(row + j, lanes), activation, Set(alpha)), lanes);
    });
  }
}

void SumRows(const float* x, size_t stride, size_t rows, size_t begin, size_t end, float* out, bool accumulate) {
  x += begin;
  out += begin;
  ForEachVector(end - begin, [&](size_t j, size_t lanes) LLM_LAMBDA {
    F32 sum = accumulate ? LoadN(out + j, lanes) : Zero();
    for (size_t i = 0; i < rows; ++i) sum += LoadN(x + i * stride + j, lanes);
    StoreN(out + j, sum, lanes);
  });
}

}  // namespace llm::LLM_ISA

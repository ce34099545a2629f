#include "kernels/gemm_bf16/product.h"

#include "kernels/gemm_bf16/gemm_bf16.h"

namespace llm {
namespace {

bool IsBf16(const Gemm& g, Precision precision) {
  return precision == Precision::kBf16 && g.m > kGemvMaxRows && g.activation == Activation::kNone;
}

GemmBf16 Bf16Of(const Gemm& g) {
  GemmBf16 h;
  h.m = g.m;
  h.n = g.n;
  h.k = g.k;
  h.a = {g.a, GemmType::kFloat, g.a_row, g.a_k};
  h.b = {g.b, GemmType::kFloat, g.b_column, g.b_k};
  h.c = g.c;
  h.c_row = g.c_row;
  h.accumulate = g.accumulate;
  h.bias = g.bias;
  return h;
}

}  // namespace

size_t ProductScratch(const Gemm& g, Precision precision) {
  return IsBf16(g, precision) ? GemmBf16Scratch(Bf16Of(g)) : GemmScratch(g);
}

void RunProduct(const Gemm& g, Precision precision, float* scratch, Pool& pool) {
  if (IsBf16(g, precision)) return RunGemmBf16(Bf16Of(g), scratch, pool);
  RunGemm(g, scratch, pool);
}

}  // namespace llm

#include <cmath>

#include "kernels/gemm/gemm.h"

namespace llm {
namespace {

double ActivateReference(double x, Activation activation, double alpha) {
  switch (activation) {
    case Activation::kRelu: return x < 0 ? 0 : x;
    case Activation::kRelu6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case Activation::kElu: return x >= 0 ? x : std::exp(x) - 1;
    case Activation::kSigmoid: return 1 / (1 + std::exp(-x));
    case Activation::kLeakyRelu: return x < 0 ? x * alpha : x;
    case Activation::kNone: break;
  }
  return x;
}

}  // namespace

void RunGemmReference(const Gemm& g) {
  for (size_t i = 0; i < g.m; ++i) {
    for (size_t j = 0; j < g.n; ++j) {
      float* c = g.c + i * g.c_row + j;
      double sum = g.accumulate ? *c : g.bias != nullptr ? g.bias[j] : 0.0;
      for (size_t k = 0; k < g.k; ++k) {
        sum += static_cast<double>(g.a[i * g.a_row + k * g.a_k]) * g.b[k * g.b_k + j * g.b_column];
      }
      *c = static_cast<float>(ActivateReference(sum, g.activation, g.alpha));
    }
  }
}

}  // namespace llm

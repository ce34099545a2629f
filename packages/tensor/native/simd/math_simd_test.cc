#include "simd/math-inl.h"
#include "simd/math_test.h"

namespace llm::LLM_ISA {

void ApplyMath(MathFunction function, const float* x, float* out, size_t n) {
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t lanes = Remaining(n - i);
    const F32 v = LoadN(x + i, lanes);
    F32 y = v;
    switch (function) {
      case MathFunction::kExp: y = Exp(v); break;
      case MathFunction::kLog: y = Log(v); break;
      case MathFunction::kTanh: y = Tanh(v); break;
      case MathFunction::kSigmoid: y = Sigmoid(v); break;
      case MathFunction::kErf: y = Erf(v); break;
    }
    StoreN(out + i, y, lanes);
  }
}

}  // namespace llm::LLM_ISA

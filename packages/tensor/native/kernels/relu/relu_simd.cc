// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/relu/relu.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

void ReluRange(const float* x, float* out, size_t n) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    StoreN(out + i, Max(Zero(), LoadN(x + i, lanes)), lanes);
  });
}

}  // namespace llm::LLM_ISA

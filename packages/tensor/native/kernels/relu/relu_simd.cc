// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/relu/relu.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

void ReluRange(const float* x, float* out, size_t n) {
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t lanes = Remaining(n - i);
    StoreN(out + i, Max(Zero(), LoadN(x + i, lanes)), lanes);
  }
}

}  // namespace llm::LLM_ISA

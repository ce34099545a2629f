// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/embedding_grad/embedding_grad.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

void AddRowsColumns(const int32_t* ids, const float* dy, float* out, size_t count, size_t width, size_t begin,
                    size_t end) {
  for (size_t i = 0; i < count; ++i) {
    const float* from = dy + i * width;
    float* to = out + static_cast<size_t>(ids[i]) * width;
    for (size_t c = begin; c < end; c += kLanes) {
      const size_t lanes = Remaining(end - c);
      StoreN(to + c, LoadN(to + c, lanes) + LoadN(from + c, lanes), lanes);
    }
  }
}

}  // namespace llm::LLM_ISA

// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/embedding_grad/embedding_grad.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

void AddRowsColumns(const int32_t* ids, const float* dy, float* out, size_t count, size_t width, size_t begin,
                    size_t end) {
  for (size_t i = 0; i < count; ++i) {
    const float* from = dy + i * width + begin;
    float* to = out + static_cast<size_t>(ids[i]) * width + begin;
    ForEachVector(end - begin, [&](size_t c, size_t lanes) LLM_LAMBDA {
      StoreN(to + c, LoadN(to + c, lanes) + LoadN(from + c, lanes), lanes);
    });
  }
}

}  // namespace llm::LLM_ISA

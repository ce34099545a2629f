// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/batch_norm/batch_norm.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

void BatchNormRows(const float* x, const float* mean, const float* factor, const float* offset, size_t rows,
                   size_t channels, float* out) {
  for (size_t r = 0; r < rows; ++r, x += channels, out += channels) {
    ForEachVector(channels, [&](size_t i, size_t lanes) LLM_LAMBDA {
      const F32 centred = LoadN(x + i, lanes) - LoadN(mean + i, lanes);
      StoreN(out + i, Fma(centred, LoadN(factor + i, lanes), LoadN(offset + i, lanes)), lanes);
    });
  }
}

}  // namespace llm::LLM_ISA

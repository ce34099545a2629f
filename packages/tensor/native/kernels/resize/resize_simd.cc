// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/resize/resize.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

void BlendPixel(const float* top_left, const float* top_right, const float* bottom_left, const float* bottom_right,
                float across, float down, size_t channels, float* out) {
  ForEachVector(channels, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 left = LoadN(top_left + i, lanes), low_left = LoadN(bottom_left + i, lanes);
    const F32 top = Fma(LoadN(top_right + i, lanes) - left, Set(across), left);
    const F32 bottom = Fma(LoadN(bottom_right + i, lanes) - low_left, Set(across), low_left);
    StoreN(out + i, Fma(bottom - top, Set(down), top), lanes);
  });
}

void AddWeighted(const float* x, float weight, size_t n, float* out) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    StoreN(out + i, Fma(LoadN(x + i, lanes), Set(weight), LoadN(out + i, lanes)), lanes);
  });
}

}  // namespace llm::LLM_ISA

// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/rotary/rotary.h"

#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

void RotaryRows(const RotaryArgs& args, size_t begin, size_t end) {
  const size_t half = args.D / 2;
  for (size_t row = begin; row < end; ++row) {
    const float* cos = args.cos + args.Position(row) * half;
    const float* sin = args.sin + args.Position(row) * half;
    for (size_t h = 0; h < args.H; ++h) {
      const float* x = args.x + (row * args.H + h) * args.D;
      float* out = args.out + (row * args.H + h) * args.D;
      ForEachVector(half, [&](size_t i, size_t lanes) LLM_LAMBDA {
        const F32 c = LoadN(cos + i, lanes);
        const F32 s = args.is_inverse ? -LoadN(sin + i, lanes) : LoadN(sin + i, lanes);
        const F32 first = LoadN(x + i, lanes), second = LoadN(x + half + i, lanes);
        StoreN(out + i, Fma(first, c, -(second * s)), lanes);
        StoreN(out + half + i, Fma(second, c, first * s), lanes);
      });
    }
  }
}

}  // namespace llm::LLM_ISA

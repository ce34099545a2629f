// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/momentum/momentum.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

void SgdMomentumRange(const MomentumTensor& tensor, size_t begin, size_t end, const SgdScalars& scalars) {
  // Copies: what is stored might be the scalars, for all that the compiler knows, and it would read them again.
  const SgdScalars s = scalars;
  const float l2 = tensor.own, *gradient = tensor.g + begin;
  float *mu = tensor.m + begin, *parameter = tensor.p + begin;
  ForEachVector(end - begin, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 p = LoadN(parameter + i, lanes);
    const F32 g = Fma(Set(l2), p, LoadN(gradient + i, lanes) * s.grad_scale);
    const F32 m = Fma(Set(s.momentum), LoadN(mu + i, lanes), Set(s.gain) * g);
    const F32 direction = s.nesterov ? Fma(Set(s.momentum), m, g) : m;
    StoreN(mu + i, m, lanes);
    StoreN(parameter + i, Fma(Set(-s.learning_rate), direction, p), lanes);
  });
}

void LionRange(const MomentumTensor& tensor, size_t begin, size_t end, const LionScalars& scalars) {
  const LionScalars s = scalars;
  const float decay = tensor.own, *gradient = tensor.g + begin;
  float *mu = tensor.m + begin, *parameter = tensor.p + begin;
  const F32 zero = Set(0.0f), up = Set(s.learning_rate), down = Set(-s.learning_rate);
  ForEachVector(end - begin, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 g = LoadN(gradient + i, lanes) * s.grad_scale;
    const F32 m = LoadN(mu + i, lanes);
    const F32 mixed = Fma(Set(s.b1), m, Set(s.one_minus_b1) * g);
    const F32 moved = Select(mixed > zero, up, Select(mixed < zero, down, zero));
    StoreN(mu + i, Fma(Set(s.b2), m, Set(s.one_minus_b2) * g), lanes);
    StoreN(parameter + i, LoadN(parameter + i, lanes) * decay - moved, lanes);
  });
}

}  // namespace llm::LLM_ISA

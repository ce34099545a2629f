// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/adam_w/adam_w.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

void AdamWRange(const AdamWTensor& tensor, size_t begin, size_t end, const AdamWScalars& scalars) {
  // Copies: what is stored might be the scalars, for all that the compiler knows, and it would read them again.
  const AdamWScalars s = scalars;
  const float decay = tensor.decay, l2 = tensor.l2;
  const float* gradient = tensor.g + begin;
  float *mu = tensor.m + begin, *nu = tensor.v + begin, *parameter = tensor.p + begin;
  ForEachVector(end - begin, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 p = LoadN(parameter + i, lanes);
    const F32 g = Fma(Set(l2), p, LoadN(gradient + i, lanes) * s.grad_scale);
    const F32 m = Fma(Set(s.b1), LoadN(mu + i, lanes), Set(s.one_minus_b1) * g);
    const F32 v = Fma(Set(s.b2), LoadN(nu + i, lanes), Set(s.one_minus_b2) * g * g);
    const F32 root = Fma(Sqrt(v), Set(s.nu_scale), Set(s.eps));
    StoreN(mu + i, m, lanes);
    StoreN(nu + i, v, lanes);
    StoreN(parameter + i, p * decay - Set(s.step_size) * m / root, lanes);
  });
}

}  // namespace llm::LLM_ISA

// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/adam_w/adam_w.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

void AdamWRange(const AdamWTensor& tensor, size_t begin, size_t end, const AdamWScalars& s) {
  const F32 decay = Set(tensor.decay), step_size = Set(s.step_size), grad_scale = Set(s.grad_scale);
  for (size_t i = begin; i < end; i += kLanes) {
    const size_t lanes = Remaining(end - i);
    const F32 g = LoadN(tensor.g + i, lanes) * grad_scale;
    const F32 m = Fma(Set(s.b1), LoadN(tensor.m + i, lanes), Set(s.one_minus_b1) * g);
    const F32 v = Fma(Set(s.b2), LoadN(tensor.v + i, lanes), Set(s.one_minus_b2) * g * g);
    const F32 root = Fma(Sqrt(v), Set(s.nu_scale), Set(s.eps));
    StoreN(tensor.m + i, m, lanes);
    StoreN(tensor.v + i, v, lanes);
    StoreN(tensor.p + i, LoadN(tensor.p + i, lanes) * decay - step_size * m / root, lanes);
  }
}

}  // namespace llm::LLM_ISA

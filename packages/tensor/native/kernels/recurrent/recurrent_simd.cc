// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/recurrent/recurrent.h"
#include "simd/math-inl.h"

namespace llm::LLM_ISA {
namespace {

LLM_INLINE F32 One() { return Set(1.0f); }
// y (1 - y), the slope of the sigmoid; 1 - y^2, that of tanh.
LLM_INLINE F32 SigmoidSlope(F32 y) { return y * (One() - y); }
LLM_INLINE F32 TanhSlope(F32 y) { return Fma(-y, y, One()); }

}  // namespace

void LstmCell(const float* input, float* gates, size_t stride, const float* previous_cell, size_t n, float* cell,
              float* state) {
  ForEachVector(n, [&](size_t j, size_t lanes) LLM_LAMBDA {
    const auto sum = [&](size_t gate) LLM_LAMBDA {
      return LoadN(input + gate * stride + j, lanes) + LoadN(gates + gate * stride + j, lanes);
    };
    const F32 i = Sigmoid(sum(0)), f = Sigmoid(sum(1)), g = Tanh(sum(2)), o = Sigmoid(sum(3));
    const F32 c = Fma(f, LoadN(previous_cell + j, lanes), i * g);
    StoreN(gates + j, i, lanes);
    StoreN(gates + stride + j, f, lanes);
    StoreN(gates + 2 * stride + j, g, lanes);
    StoreN(gates + 3 * stride + j, o, lanes);
    StoreN(cell + j, c, lanes);
    StoreN(state + j, o * Tanh(c), lanes);
  });
}

void LstmCellGrad(const float* gates, size_t stride, const float* previous_cell, const float* cell, const float* dstate,
                  size_t n, float* dcell, float* dgates) {
  ForEachVector(n, [&](size_t j, size_t lanes) LLM_LAMBDA {
    const F32 i = LoadN(gates + j, lanes), f = LoadN(gates + stride + j, lanes);
    const F32 g = LoadN(gates + 2 * stride + j, lanes), o = LoadN(gates + 3 * stride + j, lanes);
    const F32 squashed = Tanh(LoadN(cell + j, lanes));
    const F32 dh = LoadN(dstate + j, lanes);
    const F32 dc = Fma(dh * o, TanhSlope(squashed), LoadN(dcell + j, lanes));
    StoreN(dgates + j, dc * g * SigmoidSlope(i), lanes);
    StoreN(dgates + stride + j, dc * LoadN(previous_cell + j, lanes) * SigmoidSlope(f), lanes);
    StoreN(dgates + 2 * stride + j, dc * i * TanhSlope(g), lanes);
    StoreN(dgates + 3 * stride + j, dh * squashed * SigmoidSlope(o), lanes);
    StoreN(dcell + j, dc * f, lanes);
  });
}

void GruCell(const float* input, const float* hidden, size_t stride, const float* previous, size_t n, float* gates,
             float* state) {
  ForEachVector(n, [&](size_t j, size_t lanes) LLM_LAMBDA {
    const F32 r = Sigmoid(LoadN(input + j, lanes) + LoadN(hidden + j, lanes));
    const F32 z = Sigmoid(LoadN(input + stride + j, lanes) + LoadN(hidden + stride + j, lanes));
    const F32 share = LoadN(hidden + 2 * stride + j, lanes);
    const F32 candidate = Tanh(Fma(r, share, LoadN(input + 2 * stride + j, lanes)));
    StoreN(gates + j, r, lanes);
    StoreN(gates + stride + j, z, lanes);
    StoreN(gates + 2 * stride + j, candidate, lanes);
    StoreN(gates + 3 * stride + j, share, lanes);
    StoreN(state + j, Fma(z, LoadN(previous + j, lanes) - candidate, candidate), lanes);
  });
}

void GruCellGrad(const float* gates, size_t stride, const float* previous, size_t n, float* dstate, float* dinput,
                 float* dhidden) {
  ForEachVector(n, [&](size_t j, size_t lanes) LLM_LAMBDA {
    const F32 r = LoadN(gates + j, lanes), z = LoadN(gates + stride + j, lanes);
    const F32 candidate = LoadN(gates + 2 * stride + j, lanes), share = LoadN(gates + 3 * stride + j, lanes);
    const F32 dh = LoadN(dstate + j, lanes);
    const F32 dn = dh * (One() - z) * TanhSlope(candidate);
    const F32 dr = dn * share * SigmoidSlope(r);
    const F32 dz = dh * (LoadN(previous + j, lanes) - candidate) * SigmoidSlope(z);
    StoreN(dinput + j, dr, lanes);
    StoreN(dinput + stride + j, dz, lanes);
    StoreN(dinput + 2 * stride + j, dn, lanes);
    StoreN(dhidden + j, dr, lanes);
    StoreN(dhidden + stride + j, dz, lanes);
    StoreN(dhidden + 2 * stride + j, dn * r, lanes);
    StoreN(dstate + j, dh * z, lanes);
  });
}

void RnnCell(const float* input, const float* hidden, bool is_relu, size_t n, float* state) {
  ForEachVector(n, [&](size_t j, size_t lanes) LLM_LAMBDA {
    const F32 x = LoadN(input + j, lanes) + LoadN(hidden + j, lanes);
    StoreN(state + j, is_relu ? Max(Zero(), x) : Tanh(x), lanes);
  });
}

void RnnCellGrad(const float* state, bool is_relu, const float* dstate, size_t n, float* dsum) {
  ForEachVector(n, [&](size_t j, size_t lanes) LLM_LAMBDA {
    const F32 y = LoadN(state + j, lanes), dy = LoadN(dstate + j, lanes);
    StoreN(dsum + j, is_relu ? Select(y > Zero(), dy, Zero()) : dy * TanhSlope(y), lanes);
  });
}

}  // namespace llm::LLM_ISA

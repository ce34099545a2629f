// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/activation/activation.h"

#include "simd/exp-inl.h"
#include "simd/math-inl.h"

namespace llm::LLM_ISA {
namespace {

constexpr float kTwoRootTwoOverPi = 1.59576912f;  // 2 sqrt(2 / pi)
constexpr float kCubic = 0.044715f;

LLM_INLINE F32 ExactCdf(F32 x) {
  F32 density;
  return NormalCdf(x, &density);
}

LLM_INLINE F32 ExactSlope(F32 x) {
  F32 density;
  const F32 cdf = NormalCdf(x, &density);
  return Fma(x, density, cdf);
}

// (1 + tanh(u)) / 2 is the logistic function of 2 u: u = sqrt(2 / pi) (x + 0.044715 x^3)
LLM_INLINE F32 TanhCdf(F32 x) {
  const F32 cubic = Fma(x * x, Set(kCubic), Set(1.0f));
  return Sigmoid(Set(kTwoRootTwoOverPi) * x * cubic);
}

LLM_INLINE F32 TanhSlope(F32 x) {
  const F32 cdf = TanhCdf(x);
  const F32 inner = Set(kTwoRootTwoOverPi) * Fma(x * x, Set(3.0f * kCubic), Set(1.0f));
  return Fma(x * inner, cdf * (Set(1.0f) - cdf), cdf);
}

// s(x) (1 + x (1 - s(x)))
LLM_INLINE F32 SiluSlope(F32 x, F32 sigmoid) { return sigmoid * Fma(x, Set(1.0f) - sigmoid, Set(1.0f)); }

// out = x factor(x)
template <typename Factor>
LLM_INLINE void TimesFactor(const float* x, float* out, size_t n, const Factor& factor) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 v = LoadN(x + i, lanes);
    StoreN(out + i, v * factor(v), lanes);
  });
}

// dx = dy slope(x)
template <typename Slope>
LLM_INLINE void TimesSlope(const float* dy, const float* x, float* dx, size_t n, const Slope& slope) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    StoreN(dx + i, LoadN(dy + i, lanes) * slope(LoadN(x + i, lanes)), lanes);
  });
}

}  // namespace

void GeluRange(const float* x, float* out, size_t n) {
  TimesFactor(x, out, n, [](F32 v) LLM_LAMBDA { return ExactCdf(v); });
}

void GeluTanhRange(const float* x, float* out, size_t n) {
  TimesFactor(x, out, n, [](F32 v) LLM_LAMBDA { return TanhCdf(v); });
}

void SiluRange(const float* x, float* out, size_t n) {
  TimesFactor(x, out, n, [](F32 v) LLM_LAMBDA { return Sigmoid(v); });
}

void GeluGradRange(const float* dy, const float* x, float* dx, size_t n) {
  TimesSlope(dy, x, dx, n, [](F32 v) LLM_LAMBDA { return ExactSlope(v); });
}

void GeluTanhGradRange(const float* dy, const float* x, float* dx, size_t n) {
  TimesSlope(dy, x, dx, n, [](F32 v) LLM_LAMBDA { return TanhSlope(v); });
}

void SiluGradRange(const float* dy, const float* x, float* dx, size_t n) {
  TimesSlope(dy, x, dx, n, [](F32 v) LLM_LAMBDA { return SiluSlope(v, Sigmoid(v)); });
}

void SwigluRange(const float* gate, const float* up, float* out, size_t n) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 g = LoadN(gate + i, lanes);
    StoreN(out + i, g * Sigmoid(g) * LoadN(up + i, lanes), lanes);
  });
}

void SwigluGradRange(const float* dy, const float* gate, const float* up, float* dgate, float* dup, size_t n) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 g = LoadN(gate + i, lanes);
    const F32 gradient = LoadN(dy + i, lanes);
    const F32 sigmoid = Sigmoid(g);
    const F32 dg = gradient * LoadN(up + i, lanes) * SiluSlope(g, sigmoid);
    StoreN(dup + i, gradient * g * sigmoid, lanes);
    StoreN(dgate + i, dg, lanes);
  });
}

}  // namespace llm::LLM_ISA

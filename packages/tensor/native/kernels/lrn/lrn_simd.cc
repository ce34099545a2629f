// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/lrn/lrn.h"
#include "simd/math-inl.h"

namespace llm::LLM_ISA {
namespace {

// values has `radius` zeros on either side of its n elements; sums[i] = sum of values[i - radius .. i + radius].
void WindowSums(const float* values, size_t n, size_t radius, float* sums) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    F32 sum = Zero();
    for (size_t k = 0; k <= 2 * radius; ++k) sum = sum + LoadN(values + i + k - radius, lanes);
    StoreN(sums + i, sum, lanes);
  });
}

// The n elements in the middle of a stretch whose edges are zeros.
float* ZeroEdges(float* stretch, size_t n, size_t radius) {
  for (size_t i = 0; i < radius; ++i) stretch[i] = stretch[radius + n + i] = 0;
  return stretch + radius;
}

LLM_INLINE F32 Power(F32 x, float exponent) { return Exp(Log(x) * Set(exponent)); }

// norm[i] of lrn.h; `stretch` is working memory.
void Norms(const float* x, size_t n, const LrnOptions& o, float* stretch, float* norms) {
  float* squares = ZeroEdges(stretch, n, o.radius);
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 value = LoadN(x + i, lanes);
    StoreN(squares + i, value * value, lanes);
  });
  WindowSums(squares, n, o.radius, norms);
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    StoreN(norms + i, Fma(LoadN(norms + i, lanes), Set(o.alpha), Set(o.bias)), lanes);
  });
}

}  // namespace

void LrnPixel(const float* x, size_t channels, const LrnOptions& o, float* work, float* out) {
  float* norms = work + channels + 2 * o.radius;
  Norms(x, channels, o, work, norms);
  ForEachVector(channels, [&](size_t i, size_t lanes) LLM_LAMBDA {
    StoreN(out + i, LoadN(x + i, lanes) * Power(LoadN(norms + i, lanes), -o.beta), lanes);
  });
}

void LrnGradPixel(const float* x, const float* y, const float* dy, size_t channels, const LrnOptions& o, float* work,
                  float* dx) {
  const size_t stretch = channels + 2 * o.radius;
  float* norms = work + stretch;
  float* sums = norms + stretch;
  Norms(x, channels, o, work, norms);
  float* shares = ZeroEdges(work, channels, o.radius);
  ForEachVector(channels, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 product = LoadN(dy + i, lanes) * LoadN(y + i, lanes);
    StoreN(shares + i, product / LoadN(norms + i, lanes), lanes);
  });
  WindowSums(shares, channels, o.radius, sums);
  const F32 factor = Set(-2 * o.alpha * o.beta);
  ForEachVector(channels, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 own = LoadN(dy + i, lanes) * Power(LoadN(norms + i, lanes), -o.beta);
    StoreN(dx + i, Fma(factor * LoadN(x + i, lanes), LoadN(sums + i, lanes), own), lanes);
  });
}

}  // namespace llm::LLM_ISA

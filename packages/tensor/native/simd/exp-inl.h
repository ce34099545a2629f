// A faster exp for softmax and the normal distribution for GELU. Include only from *_simd.cc files.
//
// Coefficients: least-maximum fits made for this file (Lawson's iteration at Chebyshev nodes), correct to 3e-9
// relative for exp and 4e-10 absolute for erfc before rounding to float.
#pragma once

#include "simd/vec-inl.h"

namespace llm {
namespace LLM_ISA {

// e^x for x <= 80, at most 2 ulp; 0 below -87, NaN for NaN. Without the subnormal range and the overflow that Exp of
// math-inl.h has, which the differences to a row's maximum do not need.
// x = n ln2 + r (ln2 in two parts, Cody and Waite), e^r = 1 + r + r^2 p(r), |r| <= ln2 / 2.
LLM_INLINE F32 SoftmaxExp(F32 x) {
  const F32 lowest = Set(-87.0f);
  const F32 clamped = Max(lowest, x);
  const F32 n = RoundSmall(clamped * Set(1.44269504f));
  const F32 r = Fma(n, Set(2.12194440e-4f), Fma(n, Set(-0.693359375f), clamped));
  F32 p = Set(0.00138146128f);
  p = Fma(p, r, Set(0.00836871006f));
  p = Fma(p, r, Set(0.041668389f));
  p = Fma(p, r, Set(0.166665211f));
  p = Fma(p, r, Set(0.49999994f));
  const F32 mantissa = Fma(p, r * r, r) + Set(1.0f);
  const I32 exponent = ToInt(Select(x != x, Zero(), n));
  // Adding n to the exponent's bits multiplies by 2^n; unsigned, because a shift of a negative number is undefined.
  const U32 bits = reinterpret_cast<U32>(mantissa) + (reinterpret_cast<U32>(exponent) << 23);
  const F32 power = reinterpret_cast<F32>(bits);
  return Select(x < lowest, Zero(), power);
}

// The normal distribution function at x; *density is its derivative. With z = |x| / sqrt 2 and t = 1 / (1 + 0.4 z),
// erfc(z) = t e^(-z^2) q(t), and e^(-z^2) = e^(-x^2 / 2) is the density but for a factor.
LLM_INLINE F32 NormalCdf(F32 x, F32* density) {
  const F32 z = Abs(x) * Set(0.707106781f);
  const F32 t = Set(1.0f) / Fma(z, Set(0.4f), Set(1.0f));
  F32 q = Set(0.0739334747f);
  q = Fma(q, t, Set(-0.387885094f));
  q = Fma(q, t, Set(0.658269942f));
  q = Fma(q, t, Set(-0.327268153f));
  q = Fma(q, t, Set(0.363363326f));
  q = Fma(q, t, Set(0.164604768f));
  q = Fma(q, t, Set(0.229147777f));
  q = Fma(q, t, Set(0.225833982f));
  const F32 bell = SoftmaxExp(x * x * Set(-0.5f));
  const F32 tail = Set(0.5f) * t * bell * q;  // of the side away from 0
  *density = bell * Set(0.39894228f);
  return Select(x < Zero(), tail, Set(1.0f) - tail);
}

}  // namespace LLM_ISA
}  // namespace llm

// exp, log, tanh, erf and sigmoid of a vector. Like vec-inl.h, for *_simd.cc files only.
//
// Range reduction and a polynomial each; the coefficients interpolate the named function at Chebyshev nodes of
// the reduced range (float64, then rounded). Bounds hold for every instruction set and are tested in
// math_simd_test.cc; ulp are units in the last place of the true result.
#pragma once

#include "simd/vec-inl.h"

namespace llm {
namespace LLM_ISA {

// 2^n for integer lanes of n from -126 to 127.
LLM_INLINE F32 PowerOfTwo(I32 n) { return AsFloat((n + SetInt(127)) << 23); }

// x * 2^n for n from -252 to 254, gradual underflow included.
LLM_INLINE F32 ScaleByPowerOfTwo(F32 x, I32 n) {
#if defined(__AVX512F__)
  return reinterpret_cast<F32>(_mm512_scalef_ps(reinterpret_cast<__m512>(x), reinterpret_cast<__m512>(ToFloat(n))));
#else
  const I32 half = n >> 1;
  return x * PowerOfTwo(half) * PowerOfTwo(n - half);
#endif
}

// e^x. At most 2 ulp (in the subnormal range 1e-44 absolute); 0 below -104, infinity above 88.73, NaN for NaN.
LLM_INLINE F32 Exp(F32 x) {
  // Min and Max keep a NaN that is their second argument.
  const F32 clamped = Min(Set(89.0f), Max(Set(-104.0f), x));
  const F32 n = RoundSmall(clamped * Set(1.44269504f));
  // ln 2 in two parts: n * high is exact, for |n| <= 151.
  F32 r = Fma(n, Set(-0.693359375f), clamped);
  r = Fma(n, Set(2.12194440e-4f), r);  // [-0.347, 0.347]
  // (e^r - 1 - r) / r^2
  F32 p = Set(0.0013933643f);
  p = Fma(p, r, Set(0.00836317557f));
  p = Fma(p, r, Set(0.041666465f));
  p = Fma(p, r, Set(0.16666577f));
  p = Fma(p, r, Set(0.500000001f));
  const F32 power = Fma(p * r, r, r) + Set(1.0f);
  return ScaleByPowerOfTwo(power, ToInt(Select(IsNan(n), Zero(), n)));
}

// Natural logarithm. At most 2 ulp; -infinity for 0, NaN below 0 and for NaN, infinity for infinity.
LLM_INLINE F32 Log(F32 x) {
  const I32 is_subnormal = x < Set(1.17549435e-38f);
  const F32 normal = Select(is_subnormal, x * Set(8388608.0f), x);  // 2^23
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)): the constant moves the exponent's step to sqrt(1/2).
  // Unsigned: of a negative number, whose result is not used, the difference would overflow.
  const I32 offset = reinterpret_cast<I32>(reinterpret_cast<U32>(normal) - reinterpret_cast<U32>(SetInt(0x3f3504f3)));
  const I32 exponent = (offset >> 23) - Select(is_subnormal, SetInt(23), SetInt(0));
  const F32 m = AsFloat((offset & SetInt(0x7fffff)) + SetInt(0x3f3504f3));
  const F32 e = ToFloat(exponent);
  const F32 f = m - Set(1.0f);
  // (log(1 + f) - f + f^2/2) / f^3
  F32 p = Set(0.0714975389f);
  p = Fma(p, f, Set(-0.115712007f));
  p = Fma(p, f, Set(0.116615111f));
  p = Fma(p, f, Set(-0.124110507f));
  p = Fma(p, f, Set(0.142499365f));
  p = Fma(p, f, Set(-0.166684802f));
  p = Fma(p, f, Set(0.200007075f));
  p = Fma(p, f, Set(-0.24999989f));
  p = Fma(p, f, Set(0.333333312f));
  const F32 square = f * f;
  F32 tail = p * f * square;
  tail = Fma(e, Set(-2.12194440e-4f), tail);
  tail = Fma(square, Set(-0.5f), tail);
  const F32 result = Fma(e, Set(0.693359375f), f + tail);
  const F32 infinity = Set(__builtin_inff());
  const F32 special = Select(x == Zero(), -infinity, Select(x < Zero(), Set(__builtin_nanf("")), x));
  return Select((x > Zero()) & (x < infinity), result, special);
}

// At most 3 ulp; NaN for NaN.
LLM_INLINE F32 Tanh(F32 x) {
  const F32 a = Abs(x);
  const F32 u = x * x;
  // (tanh(x) / x - 1) / x^2 for |x| < 0.625
  F32 p = Set(0.00229584126f);
  p = Fma(p, u, Set(-0.00834698049f));
  p = Fma(p, u, Set(0.0217699609f));
  p = Fma(p, u, Set(-0.0539594059f));
  p = Fma(p, u, Set(0.133333043f));
  p = Fma(p, u, Set(-0.333333332f));
  const F32 small = Fma(p * u, x, x);
  const F32 large = Set(1.0f) - Set(2.0f) / (Exp(a + a) + Set(1.0f));
  return Select(a < Set(0.625f), small, CopySign(large, x));
}

// 1 / (1 + e^-x). At most 3 ulp while the result is normal; NaN for NaN.
LLM_INLINE F32 Sigmoid(F32 x) {
  const F32 e = Exp(-Abs(x));  // never overflows
  const F32 numerator = Select(x < Zero(), e, Set(1.0f));
  return numerator / (Set(1.0f) + e);
}

// The error function. At most 3 ulp; NaN for NaN.
LLM_INLINE F32 Erf(F32 x) {
  const F32 a = Abs(x);
  const F32 u = x * x;
  // erf(x) / x for |x| < 1
  F32 s = Set(7.88249711e-05f);
  s = Fma(s, u, Set(-0.000801885499f));
  s = Fma(s, u, Set(0.00518931194f));
  s = Fma(s, u, Set(-0.0268543288f));
  s = Fma(s, u, Set(0.112835975f));
  s = Fma(s, u, Set(-0.376126269f));
  s = Fma(s, u, Set(0.128379166f));  // 2 / sqrt(pi) - 1
  const F32 small = Fma(s, x, x);
  // -log(erfc(a)) for 1 <= a <= 4; erf is 1 beyond
  const F32 b = Min(Set(4.0f), a);
  F32 q = Set(-1.6140616e-06f);
  q = Fma(q, b, Set(4.55906224e-05f));
  q = Fma(q, b, Set(-0.000592769538f));
  q = Fma(q, b, Set(0.00474022234f));
  q = Fma(q, b, Set(-0.0263647174f));
  q = Fma(q, b, Set(0.109978245f));
  q = Fma(q, b, Set(0.631937094f));
  q = Fma(q, b, Set(1.13016668f));
  q = Fma(q, b, Set(-0.000303212969f));
  const F32 large = Set(1.0f) - Exp(-q);
  return Select(a < Set(1.0f), small, CopySign(large, x));
}

}  // namespace LLM_ISA
}  // namespace llm

// Elementary functions of one float32, written without branches so that loops over them vectorise.
// All coefficients are Taylor's, except erf's beyond |x| = 1 (Abramowitz and Stegun, Handbook of
// Mathematical Functions, 7.1.26). Included inside a translation unit of one instruction set.
#include <math.h>
#include <stdint.h>
#include <string.h>

namespace llm {
namespace LLM_ISA {
namespace {

inline float FloatOf(int32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

inline int32_t BitsOf(float value) {
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline float PowerOfTwo(int32_t exponent) { return FloatOf((exponent + 127) << 23); }

// x = n ln2 + r with |r| <= ln2 / 2 (Cody and Waite: ln2 in two parts), for |x| <= 104.
struct Reduced {
  int32_t n;
  float r;
};

inline Reduced ReduceByLn2(float x) {
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float n = (x * 1.44269504f + magic) - magic;
  return {static_cast<int32_t>(n), (x - n * 0.693359375f) + n * 2.12194440e-4f};
}

// e^r - 1 to r^8 / 8!, |r| <= 0.35.
inline float Expm1Reduced(float r) {
  float p = 2.48015873e-5f;  // 1/8!
  p = p * r + 1.98412698e-4f;
  p = p * r + 1.38888889e-3f;
  p = p * r + 8.33333333e-3f;
  p = p * r + 4.16666667e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  return p * (r * r) + r;
}

inline float ClampForExp(float x) { return x < -104.0f ? -104.0f : (x > 89.0f ? 89.0f : x); }

// 2^n is applied in two steps so that results between 2^-149 and 2^-126 keep their bits.
inline float ExpFloat(float x) {
  const Reduced reduced = ReduceByLn2(ClampForExp(x));
  const int32_t half = reduced.n >> 1;
  const float mantissa = Expm1Reduced(reduced.r) + 1.0f;
  const float result = mantissa * PowerOfTwo(half) * PowerOfTwo(reduced.n - half);
  return x != x ? x : result;
}

// 2^n (e^r - 1) + (2^n - 1): no cancellation near 0.
inline float Expm1Float(float x) {
  const float clamped = x < -20.0f ? -20.0f : (x > 20.0f ? 20.0f : x);
  const Reduced reduced = ReduceByLn2(clamped);
  const float scale = PowerOfTwo(reduced.n);
  const float small = Expm1Reduced(reduced.r) * scale + (scale - 1.0f);
  const float result = x > 20.0f ? ExpFloat(x) : small;
  return x != x ? x : result;
}

// x = 2^e m, m in [sqrt(1/2), sqrt(2)); log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
inline float LogFloat(float x) {
  const bool is_tiny = x < 1.17549435e-38f;  // subnormal
  const float scaled = is_tiny ? x * 8388608.0f : x;
  const int32_t bits = BitsOf(scaled) - 0x3f3504f3;  // bits of sqrt(1/2)
  const int32_t exponent = (bits >> 23) - (is_tiny ? 23 : 0);
  const float m = FloatOf((bits & 0x007fffff) + 0x3f3504f3);
  const float f = m - 1.0f;
  const float s = f / (2.0f + f);
  const float s2 = s * s;
  float p = 1.0f / 11.0f;
  p = p * s2 + 1.0f / 9.0f;
  p = p * s2 + 1.0f / 7.0f;
  p = p * s2 + 1.0f / 5.0f;
  p = p * s2 + 1.0f / 3.0f;
  const float e = static_cast<float>(exponent);
  const float half_log = s + s * s2 * p;
  float result = e * 0.693359375f + (2.0f * half_log - e * 2.12194440e-4f);
  result = x == 0.0f ? -INFINITY : result;
  result = x == INFINITY ? x : result;
  return (x < 0.0f || x != x) ? NAN : result;
}

// log(1 + x) = log(u) x / (u - 1), u = fl(1 + x): the rounding of u cancels.
inline float Log1pFloat(float x) {
  const float u = 1.0f + x;
  const float d = u - 1.0f;
  const float corrected = LogFloat(u) * (x / (d == 0.0f ? 1.0f : d));
  const float result = d == 0.0f ? x : corrected;
  return (u == INFINITY || u == 0.0f) ? LogFloat(u) : result;
}

inline float TanhFloat(float x) {
  const float a = fabsf(x);
  const float em = Expm1Float(a > 10.0f ? 20.0f : 2.0f * a);
  const float t = em / (em + 2.0f);
  const float result = x < 0.0f ? -t : t;
  return x != x ? x : result;
}

inline float SigmoidFloat(float x) { return 1.0f / (1.0f + ExpFloat(-x)); }

// tfjs's limits: beyond them exp(x), or x itself, is exact to float32.
inline float SoftplusFloat(float x) {
  const float limit = 13.9423847f;  // -(log(2^-23) + 2)
  const float exp_x = ExpFloat(x);
  const float middle = Log1pFloat(exp_x);
  const float result = x < -limit ? exp_x : (x > limit ? x : middle);
  return x != x ? x : result;
}

// |x| < 1: Taylor; the rest: 1 - poly(t) e^(-x^2), t = 1 / (1 + p x).
inline float ErfFloat(float x) {
  const float a = fabsf(x);
  const float x2 = x * x;
  float p = 1.0f / 76204800.0f;            // 1 / (10! 21)
  p = p * x2 - 1.0f / 6894720.0f;          // 1 / (9! 19)
  p = p * x2 + 1.0f / 685440.0f;
  p = p * x2 - 1.0f / 75600.0f;
  p = p * x2 + 1.0f / 9360.0f;
  p = p * x2 - 1.0f / 1320.0f;
  p = p * x2 + 1.0f / 216.0f;
  p = p * x2 - 1.0f / 42.0f;
  p = p * x2 + 1.0f / 10.0f;
  p = p * x2 - 1.0f / 3.0f;
  p = p * x2 + 1.0f;
  const float inner = x * p * 1.12837917f;  // 2 / sqrt(pi)
  const float t = 1.0f / (1.0f + 0.3275911f * a);
  float q = 1.061405429f;
  q = q * t - 1.453152027f;
  q = q * t + 1.421413741f;
  q = q * t - 0.284496736f;
  q = q * t + 0.254829592f;
  const float tail = 1.0f - q * t * ExpFloat(-x2);
  const float outer = x < 0.0f ? -tail : tail;
  return a < 1.0f ? inner : outer;
}

}  // namespace
}  // namespace LLM_ISA
}  // namespace llm

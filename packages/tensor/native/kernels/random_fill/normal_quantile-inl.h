// The quantile function of the standard normal distribution, as src/random/normal-quantile.ts: Wichura 1988,
// algorithm AS 241 (PPND16). Only + - * / and sqrt, each rounded once; compiled with -ffp-contract=off.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace llm {
namespace LLM_ISA {

constexpr double kCentralNumerator[8] = {
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
    45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227};
constexpr double kCentralDenominator[8] = {
    1.0, 42.31333070160091, 687.1870074920579, 5394.196021424751,
    21213.794301586597, 39307.89580009271, 28729.085735721943, 5226.495278852854};
constexpr double kTailNumerator[8] = {
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
    1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414};
constexpr double kTailDenominator[8] = {
    1.0, 2.053191626637759, 1.6763848301838038, 0.6897673349851,
    0.14810397642748008, 0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9};

// 1 / k for the odd k of the logarithm's series, smallest term first.
constexpr double kInverseOdd[11] = {1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11,
                                    1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3,  1.0};

static inline double Horner(const double* c, double x) {
  return ((((((c[7] * x + c[6]) * x + c[5]) * x + c[4]) * x + c[3]) * x + c[2]) * x + c[1]) * x + c[0];
}

// Natural logarithm of a positive normal number: x = m * 2^e with m in [sqrt(1/2), sqrt(2)), and
// ln m = 2 artanh((m - 1) / (m + 1)) by its series. Without a branch, for vectors.
static inline double PortableLog(double x) {
  uint64_t bits;
  __builtin_memcpy(&bits, &x, 8);
  const int64_t exponent = static_cast<int64_t>(bits >> 52) - 1023;
  bits = (bits & 0x000fffffffffffffull) | 0x3ff0000000000000ull;
  double mantissa;
  __builtin_memcpy(&mantissa, &bits, 8);
  const bool is_high = mantissa > 1.4142135623730951;
  const double m = is_high ? mantissa * 0.5 : mantissa;
  const double e = static_cast<double>(is_high ? exponent + 1 : exponent);
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  double sum = 0;
  for (double inverse : kInverseOdd) sum = sum * z + inverse;
  return e * 0.6931471805599453 + 2 * s * sum;
}

static inline bool IsCentral(double p) { return p - 0.5 >= -0.425 && p - 0.5 <= 0.425; }

// Right where IsCentral. The compiler makes vectors of a loop over this and over the next.
static inline double CentralQuantile(double p) {
  const double q = p - 0.5;
  const double r = 0.180625 - q * q;
  return (q * Horner(kCentralNumerator, r)) / Horner(kCentralDenominator, r);
}

// Right elsewhere for p from 2^-33 to 1 - 2^-33, all that a 32-bit word makes. (The algorithm has a third pair of
// polynomials for smaller p, which src/random/normal-quantile.ts keeps.)
static inline double TailQuantile(double p) {
  const bool is_low = p - 0.5 < 0;
  const double r = __builtin_sqrt(-PortableLog(is_low ? p : 1 - p));
  const double z = Horner(kTailNumerator, r - 1.6) / Horner(kTailDenominator, r - 1.6);
  return is_low ? -z : z;
}

}  // namespace LLM_ISA
}  // namespace llm

/** The quantile function of the standard normal distribution: turns a uniform number into a normal
 *  one. Wichura 1988, algorithm AS 241 (PPND16), relative error about 1e-16.
 *
 *  Only +, −, ×, ÷ and sqrt are used, all exactly rounded by IEEE 754, so that JavaScript and the
 *  C++ kernel agree to the last bit on every platform; library logarithms do not. */

// Numerator and denominator coefficients, constant term first, for |p − ½| ≤ 0.425 …
const CENTRAL_NUMERATOR = [
  3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
  45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
] as const;
const CENTRAL_DENOMINATOR = [
  1.0, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
  39307.89580009271061, 28729.085735721942674, 5226.495278852854561,
] as const;
// … for tails with r = sqrt(−ln p) ≤ 5 …
const TAIL_NUMERATOR = [
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
  1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833,
  7.7454501427834140764e-4,
] as const;
const TAIL_DENOMINATOR = [
  1.0, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455,
  0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4,
  1.05075007164441684324e-9,
] as const;
// … and beyond.
const FAR_NUMERATOR = [
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
  0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5,
  2.01033439929228813265e-7,
] as const;
const FAR_DENOMINATOR = [
  1.0, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525,
  7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7,
  2.04426310338993978564e-15,
] as const;

type Polynomial = readonly [number, number, number, number, number, number, number, number];

function horner(c: Polynomial, x: number): number {
  return (
    ((((((c[7] * x + c[6]) * x + c[5]) * x + c[4]) * x + c[3]) * x + c[2]) * x + c[1]) * x + c[0]
  );
}

const doubles = new Float64Array(1);
const halves = new Uint32Array(doubles.buffer);
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const HIGH_HALF = LITTLE_ENDIAN ? 1 : 0;
const LN_2 = 0.6931471805599453;
const SQRT_2 = 1.4142135623730951;

/** Natural logarithm of a positive normal double: x = m·2^e with m in [√½, √2), and
 *  ln m = 2·artanh((m − 1) / (m + 1)) by its series. */
function portableLog(x: number): number {
  doubles[0] = x;
  const high = halves[HIGH_HALF] as number;
  let exponent = (high >>> 20) - 1023;
  halves[HIGH_HALF] = (high & 0x000fffff) | 0x3ff00000;
  let mantissa = doubles[0]; // [1, 2)
  if (mantissa > SQRT_2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1); // |s| ≤ 0.1716, s² ≤ 0.0295
  const z = s * s;
  let sum = 0;
  for (let k = 21; k >= 1; k -= 2) sum = sum * z + 1 / k; // next term < 1e-18
  return exponent * LN_2 + 2 * s * sum;
}

/** z with Φ(z) = p, for p in (0, 1). */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * horner(CENTRAL_NUMERATOR, r)) / horner(CENTRAL_DENOMINATOR, r);
  }
  const r = Math.sqrt(-portableLog(q < 0 ? p : 1 - p));
  const z =
    r <= 5
      ? horner(TAIL_NUMERATOR, r - 1.6) / horner(TAIL_DENOMINATOR, r - 1.6)
      : horner(FAR_NUMERATOR, r - 5) / horner(FAR_DENOMINATOR, r - 5);
  return q < 0 ? -z : z;
}

/** The quantile function of the standard normal distribution: turns a uniform number into a normal
 *  one. Wichura 1988, algorithm AS 241 (PPND16), relative error about 1e-16.
 *
 *  Only +, −, ×, ÷ and sqrt are used, all exactly rounded by IEEE 754, so that JavaScript and the
 *  C++ kernel agree to the last bit on every platform; library logarithms do not. */

// Numerator and denominator coefficients, constant term first, for |p − ½| ≤ 0.425 …
const CENTRAL_NUMERATOR = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
  67265.7709270087, 33430.57558358813, 2509.0809287301227,
] as const;
const CENTRAL_DENOMINATOR = [
  1.0, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597,
  39307.89580009271, 28729.085735721943, 5226.495278852854,
] as const;
// … for tails with r = sqrt(−ln p) ≤ 5 …
const TAIL_NUMERATOR = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
] as const;
const TAIL_DENOMINATOR = [
  1.0, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
  0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
] as const;
// … and beyond.
const FAR_NUMERATOR = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
  0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
] as const;
const FAR_DENOMINATOR = [
  1.0, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
  1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15,
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

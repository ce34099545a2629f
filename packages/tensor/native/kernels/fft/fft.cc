// The discrete Fourier transform of each row, and its inverse: out[k] = sum over j of x[j] e^(-2 pi i j k / n), the
// inverse with + and divided by n. Computed in double.
//
// Cooley and Tukey 1965, radix 2, where n is a power of two; else the sum itself, n^2 products a row.
#include <cmath>

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr double kTwoPi = 6.283185307179586476925286766559;
constexpr size_t kGrain = 1 << 13;  // values of a task

struct Complex {
  double re, im;
};

Complex Add(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
Complex Subtract(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
Complex Multiply(Complex a, Complex b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }

struct Transform {
  size_t n;
  const Complex* roots;  // e^(-+ 2 pi i j / n) for j below n
  double scale;
};

// values in bit-reversed order, in place.
void Butterflies(const Transform& t, Complex* values) {
  for (size_t half = 1; half < t.n; half *= 2) {
    const size_t step = t.n / (2 * half);
    for (size_t first = 0; first < t.n; first += 2 * half) {
      for (size_t j = 0; j < half; ++j) {
        const Complex a = values[first + j];
        const Complex b = Multiply(values[first + half + j], t.roots[j * step]);
        values[first + j] = Add(a, b);
        values[first + half + j] = Subtract(a, b);
      }
    }
  }
}

void TransformRow(const Transform& t, const float* re, const float* im, Complex* work, float* out_re, float* out_im) {
  size_t reversed = 0;
  for (size_t i = 0; i < t.n; ++i) {
    work[reversed] = {static_cast<double>(re[i]), static_cast<double>(im[i])};
    size_t bit = t.n / 2;
    for (; bit > 0 && (reversed & bit) != 0; bit /= 2) reversed ^= bit;  // adds 1 from the left
    reversed |= bit;
  }
  Butterflies(t, work);
  for (size_t i = 0; i < t.n; ++i) {
    out_re[i] = static_cast<float>(work[i].re * t.scale);
    out_im[i] = static_cast<float>(work[i].im * t.scale);
  }
}

Complex SumAt(const Transform& t, const float* re, const float* im, size_t k) {
  Complex sum = {0, 0};
  size_t at = 0;  // j * k modulo n
  for (size_t j = 0; j < t.n; ++j) {
    sum = Add(sum, Multiply({static_cast<double>(re[j]), static_cast<double>(im[j])}, t.roots[at]));
    at += k;
    if (at >= t.n) at -= t.n;
  }
  return {sum.re * t.scale, sum.im * t.scale};
}

const Complex* Roots(size_t n, bool is_inverse, Args& args) {
  Complex* roots = args.Scratch<Complex>(n);
  for (size_t j = 0; j < n; ++j) {
    const double angle = kTwoPi * static_cast<double>(j) / static_cast<double>(n);
    roots[j] = {std::cos(angle), is_inverse ? std::sin(angle) : -std::sin(angle)};
  }
  return roots;
}

}  // namespace

// Fft: isInverse, rows, n, real, imag, out real, out imag
LLM_INSTRUCTION(Fft) {
  const bool is_inverse = args.Bool("isInverse");
  const size_t rows = args.Size("rows"), n = args.Size("n");
  const size_t size = CheckedProduct(args, rows, n);
  const float* re = args.Input<float>("real", size);
  const float* im = args.Input<float>("imag", size);
  float* out_re = args.Output<float>("outReal", size);
  float* out_im = args.Output<float>("outImag", size);
  args.End();
  if (size == 0) return;
  const Transform t = {n, Roots(n, is_inverse, args), is_inverse ? 1.0 / static_cast<double>(n) : 1.0};
  if ((n & (n - 1)) == 0) {
    Complex* work = args.Scratch<Complex>(size);
    return pool.ForRange(rows, kGrain / n + 1, [&](size_t begin, size_t end) {
      for (size_t r = begin; r < end; ++r) {
        TransformRow(t, re + r * n, im + r * n, work + r * n, out_re + r * n, out_im + r * n);
      }
    });
  }
  pool.ForRange(size, kGrain / n + 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t row = i / n * n;
      const Complex sum = SumAt(t, re + row, im + row, i - row);
      out_re[i] = static_cast<float>(sum.re);
      out_im[i] = static_cast<float>(sum.im);
    }
  });
}

}  // namespace llm

// Finding the scale (and minimum) of one group of at most 32 elements of a K block, and its integers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace llm {

// The nearest integer, ties to even, for |x| up to 2^22: 1.5 * 2^23 has units of 1, so adding it rounds.
int NearestInt(float x);

struct AffineFit {
  float scale;
  float min;  // subtracted: y = scale q - min, min >= 0
};

// How FitAffine searches: scales of max_quant + first + step k over the range of the group, k = 0 ... last.
struct AffineSearch {
  int max_quant;  // q is 0 ... max_quant
  float first;
  float step;
  int last;
  bool is_absolute;  // the error is |difference|, else its square
};

// y = scale q - min with min >= 0. For each candidate scale the integers are rounded, then scale and minimum come from
// weighted least squares over them; the smallest weighted error wins.
AffineFit FitAffine(const float* x, const float* weights, size_t n, const AffineSearch& search, uint8_t* quants);

// y = scale (q - max), q in 0 ... 2 max - 1. Nineteen candidate scales around the one that maps the largest element to
// -max; weights x^2.
float FitSymmetric(const float* x, size_t n, int max, int8_t* quants);

// The same ranges, by coordinate descent: up to five rounds in which each integer moves to where the weighted
// correlation with x grows.
float FitSymmetricByDescent(const float* x, size_t n, int max, int8_t* quants);

}  // namespace llm

#include "kernels/softmax/softmax.h"

#include <math.h>

#include "simd/math-inl.h"

namespace llm {
namespace LLM_ISA {
namespace {

constexpr size_t kPartials = 32;

float Larger(float a, float b) { return (b > a || b != b) ? b : a; }  // NaN stays

float MaxOf(const float* x, size_t cols) {
  float lanes[kPartials];
  for (size_t l = 0; l < kPartials; ++l) lanes[l] = -INFINITY;
  size_t i = 0;
  for (; i + kPartials <= cols; i += kPartials) {
    for (size_t l = 0; l < kPartials; ++l) lanes[l] = Larger(lanes[l], x[i + l]);
  }
  float max = lanes[0];
  for (size_t l = 1; l < kPartials; ++l) max = Larger(max, lanes[l]);
  for (; i < cols; ++i) max = Larger(max, x[i]);
  return max;
}

double SumOf(const float* x, size_t cols) {
  double lanes[kPartials] = {};
  size_t i = 0;
  for (; i + kPartials <= cols; i += kPartials) {
    for (size_t l = 0; l < kPartials; ++l) lanes[l] += static_cast<double>(x[i + l]);
  }
  for (size_t width = kPartials / 2; width > 0; width /= 2) {
    for (size_t l = 0; l < width; ++l) lanes[l] += lanes[l + width];
  }
  double sum = lanes[0];
  for (; i < cols; ++i) sum += static_cast<double>(x[i]);
  return sum;
}

void ExpShifted(const float* x, float shift, float* out, size_t cols) {
  ForEachVector(cols, [&](size_t i, size_t lanes) LLM_LAMBDA {
    StoreN(out + i, Exp(LoadN(x + i, lanes) - Set(shift)), lanes);
  });
}

}  // namespace

void SoftmaxRow(const float* x, float* out, size_t cols) {
  const float max = MaxOf(x, cols);
  ExpShifted(x, max, out, cols);
  const float scale = static_cast<float>(1.0 / SumOf(out, cols));
  for (size_t i = 0; i < cols; ++i) out[i] *= scale;
}

// The exponentials are summed in blocks, so that x may be out: the inputs are still needed.
void LogSoftmaxRow(const float* x, float* out, size_t cols) {
  constexpr size_t kBlock = 1024;
  float block[kBlock];
  const float max = MaxOf(x, cols);
  double sum = 0;
  for (size_t start = 0; start < cols; start += kBlock) {
    const size_t count = cols - start < kBlock ? cols - start : kBlock;
    ExpShifted(x + start, max, block, count);
    sum += SumOf(block, count);
  }
  const float log_sum = static_cast<float>(log(sum));
  for (size_t i = 0; i < cols; ++i) out[i] = (x[i] - max) - log_sum;
}

}  // namespace LLM_ISA
}  // namespace llm

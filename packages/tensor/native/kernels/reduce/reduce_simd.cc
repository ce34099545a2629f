// Runs of reductions. A run keeps kPartials independent partial results, which the compiler holds in
// vectors, and joins them pairwise at the end.
#include <math.h>

#include "kernels/reduce/reduce_ops.h"

namespace llm {
namespace LLM_ISA {
namespace {

constexpr size_t kPartials = 32;

struct SumOf {
  static constexpr double kIdentity = 0.0;
  static double Join(double a, double b) { return a + b; }
};
struct ProdOf {
  static constexpr double kIdentity = 1.0;
  static double Join(double a, double b) { return a * b; }
};
struct MaxOf {
  static constexpr double kIdentity = -HUGE_VAL;
  static double Join(double a, double b) { return (b > a || b != b) ? b : a; }
};
struct MinOf {
  static constexpr double kIdentity = HUGE_VAL;
  static double Join(double a, double b) { return (b < a || b != b) ? b : a; }
};

template <typename Op, typename T>
double Run(double acc, const void* x_bytes, size_t count) {
  const T* x = static_cast<const T*>(x_bytes);
  size_t i = 0;
  if (count >= kPartials) {
    double lanes[kPartials];
    for (size_t l = 0; l < kPartials; ++l) lanes[l] = Op::kIdentity;
    for (; i + kPartials <= count; i += kPartials) {
      for (size_t l = 0; l < kPartials; ++l) lanes[l] = Op::Join(lanes[l], static_cast<double>(x[i + l]));
    }
    for (size_t width = kPartials / 2; width > 0; width /= 2) {
      for (size_t l = 0; l < width; ++l) lanes[l] = Op::Join(lanes[l], lanes[l + width]);
    }
    acc = Op::Join(acc, lanes[0]);
  }
  for (; i < count; ++i) acc = Op::Join(acc, static_cast<double>(x[i]));
  return acc;
}

template <typename Op, typename T>
void Accumulate(double* acc, const void* x_bytes, size_t count) {
  const T* x = static_cast<const T*>(x_bytes);
  for (size_t i = 0; i < count; ++i) acc[i] = Op::Join(acc[i], static_cast<double>(x[i]));
}

template <typename Op>
ReduceRows RowsOf(int type) {
  switch (type) {
    case 0: return {Op::kIdentity, Op::Join, Run<Op, float>, Accumulate<Op, float>};
    case 1: return {Op::kIdentity, Op::Join, Run<Op, int32_t>, Accumulate<Op, int32_t>};
    default: return {Op::kIdentity, Op::Join, Run<Op, uint8_t>, Accumulate<Op, uint8_t>};
  }
}

}  // namespace

ReduceRows FindReduceRows(ReduceOp op, int type) {
  switch (op) {
    case ReduceOp::kProd: return RowsOf<ProdOf>(type);
    case ReduceOp::kMax: return RowsOf<MaxOf>(type);
    case ReduceOp::kMin: return RowsOf<MinOf>(type);
    default: return RowsOf<SumOf>(type);
  }
}

}  // namespace LLM_ISA
}  // namespace llm

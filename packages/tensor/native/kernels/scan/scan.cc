#include "kernels/scan/scan.h"

#include "kernels/cast/to_int32.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 16384;   // elements of one task
constexpr size_t kColumns = 256;   // columns scanned together

float Add(float a, float b) { return a + b; }
float Multiply(float a, float b) { return a * b; }
int32_t Add(int32_t a, int32_t b) { return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b)); }
int32_t Multiply(int32_t a, int32_t b) {
  return ToInt32(static_cast<double>(a) * static_cast<double>(b));
}

// Scans `count` neighbouring columns, each `axis` long with rows `inner` apart.
template <typename T, bool is_product>
void ScanColumns(const T* x, T* out, const ScanShape& shape, size_t count) {
  const T first = is_product ? T(1) : T(0);
  T acc[kColumns];
  for (size_t c = 0; c < count; ++c) acc[c] = first;
  for (size_t step = 0; step < shape.axis; ++step) {
    const size_t row = (shape.is_reverse ? shape.axis - 1 - step : step) * shape.inner;
    for (size_t c = 0; c < count; ++c) {
      const T next = is_product ? Multiply(acc[c], x[row + c]) : Add(acc[c], x[row + c]);
      out[row + c] = shape.is_exclusive ? acc[c] : next;
      acc[c] = next;
    }
  }
}

// One column of neighbouring elements, the running value in a register.
template <typename T, bool is_product>
void ScanRun(const T* x, T* out, const ScanShape& shape) {
  T acc = is_product ? T(1) : T(0);
  for (size_t step = 0; step < shape.axis; ++step) {
    const size_t i = shape.is_reverse ? shape.axis - 1 - step : step;
    const T next = is_product ? Multiply(acc, x[i]) : Add(acc, x[i]);
    out[i] = shape.is_exclusive ? acc : next;
    acc = next;
  }
}

template <typename T, bool is_product>
void ScanBlock(const T* x, T* out, const ScanShape& shape, size_t count) {
  if (shape.inner == 1) return ScanRun<T, is_product>(x, out, shape);
  ScanColumns<T, is_product>(x, out, shape, count);
}

template <typename T>
void Scan(const T* x, T* out, const ScanShape& shape, Pool& pool) {
  const auto scan = shape.is_product ? ScanBlock<T, true> : ScanBlock<T, false>;
  const size_t width = shape.inner < kColumns ? shape.inner : kColumns;
  const size_t blocks = width == 0 ? 0 : (shape.inner + width - 1) / width;
  const size_t each = shape.axis * width;
  pool.ForRange(shape.outer * blocks, each >= kGrain ? 1 : kGrain / (each + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t task = begin; task < end; ++task) {
      const size_t column = task % blocks * width;
      const size_t offset = task / blocks * shape.axis * shape.inner + column;
      const size_t count = shape.inner - column < width ? shape.inner - column : width;
      scan(x + offset, out + offset, shape, count);
    }
  });
}

}  // namespace

void ScanF32(const float* x, float* out, const ScanShape& shape, Pool& pool) { Scan(x, out, shape, pool); }
void ScanI32(const int32_t* x, int32_t* out, const ScanShape& shape, Pool& pool) { Scan(x, out, shape, pool); }

}  // namespace llm

LLM_INSTRUCTION(Scan) {
  const bool is_int = args.Bool("isInt");
  llm::ScanShape shape;
  shape.is_product = args.Bool("isProduct");
  shape.is_exclusive = args.Bool("isExclusive");
  shape.is_reverse = args.Bool("isReverse");
  shape.outer = args.Size("outer");
  shape.axis = args.Size("axis");
  shape.inner = args.Size("inner");
  const size_t count = llm::CheckedProduct(args, shape.outer, shape.axis, shape.inner);
  if (is_int) {
    const int32_t* x = args.Input<int32_t>("x", count);
    return llm::ScanI32(x, args.Output<int32_t>("out", count), shape, pool);
  }
  const float* x = args.Input<float>("x", count);
  llm::ScanF32(x, args.Output<float>("out", count), shape, pool);
}

#include "kernels/softmax/softmax.h"

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 8192;  // elements of one task

template <typename RowFunction>
void ForRows(RowFunction* row, const float* x, float* out, size_t rows, size_t cols, Pool& pool) {
  pool.ForRange(rows, cols >= kGrain ? 1 : kGrain / (cols + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) row(x + r * cols, out + r * cols, cols);
  });
}

}  // namespace

void SoftmaxF32(const float* x, float* out, size_t rows, size_t cols, Pool& pool) {
  ForRows(SoftmaxRowForCpu(), x, out, rows, cols, pool);
}

void LogSoftmaxF32(const float* x, float* out, size_t rows, size_t cols, Pool& pool) {
  ForRows(LogSoftmaxRowForCpu(), x, out, rows, cols, pool);
}

}  // namespace llm

LLM_INSTRUCTION(Softmax) {
  const bool is_log = args.Bool("isLog");
  const size_t rows = args.Size("rows"), cols = args.Size("cols");
  const size_t count = llm::CheckedProduct(args, rows, cols);
  const float* x = args.Input<float>("logits", count);
  float* out = args.Output<float>("out", count);
  is_log ? llm::LogSoftmaxF32(x, out, rows, cols, pool) : llm::SoftmaxF32(x, out, rows, cols, pool);
}

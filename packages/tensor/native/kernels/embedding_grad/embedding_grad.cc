#include "kernels/embedding_grad/embedding_grad.h"

#include <cstring>

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {

constexpr size_t kZeroGrain = 1 << 16;
constexpr size_t kTaskElements = 1 << 15;  // of dy, by one task: about 20 microseconds
constexpr size_t kLeastColumns = 64;       // 256 bytes: four cache lines of each row

void AddRows(const int32_t* ids, const float* dy, float* out, size_t count, size_t width, Pool& pool) {
  auto* add_columns = AddRowsColumnsForCpu();
  const size_t fitting = kTaskElements / (count + 1) + 1;
  const size_t columns = fitting > kLeastColumns ? fitting : kLeastColumns;
  pool.ForRange(width, columns,
                [&](size_t begin, size_t end) { add_columns(ids, dy, out, count, width, begin, end); });
}

void FillZero(float* out, size_t n, Pool& pool) {
  pool.ForRange(n, kZeroGrain,
                [&](size_t begin, size_t end) { std::memset(out + begin, 0, (end - begin) * sizeof(float)); });
}

}  // namespace llm

// EmbeddingGrad: isAdded, rows, count, width, ids, dy, out. With isAdded, out holds a gradient to add to.
// Returns 0, or 1 + the place of the first id that is no row (nothing is written then).
LLM_INSTRUCTION(EmbeddingGrad) {
  const bool is_added = args.Bool("isAdded");
  const size_t rows = args.Size("rows"), count = args.Size("count"), width = args.Size("width");
  const int32_t* ids = args.Input<int32_t>("ids", count);
  const float* dy = args.Input<float>("dy", llm::CheckedProduct(args, count, width));
  const size_t size = llm::CheckedProduct(args, rows, width);
  float* out = args.Output<float>("out", size);
  args.End();
  for (size_t i = 0; i < count; ++i) {
    if (ids[i] < 0 || static_cast<size_t>(ids[i]) >= rows) return args.Return(static_cast<double>(i + 1));
  }
  if (!is_added) llm::FillZero(out, size, pool);
  llm::AddRows(ids, dy, out, count, width, pool);
}

#include "kernels/scatter/scatter.h"

#include <cstring>

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainElements = 65536;  // of the output, by one task
constexpr size_t kMaxTasks = 64;          // each reads every index

float Sum(float a, float b) { return a + b; }
int32_t Sum(int32_t a, int32_t b) { return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b)); }

size_t RowsPerTask(const NdIndex& nd) {
  const size_t rows = kGrainElements / (nd.slice + 1) + 1;
  const size_t at_least = (nd.rows + kMaxTasks - 1) / kMaxTasks;
  return rows > at_least ? rows : at_least;
}

template <typename T>
void ScatterAdd(const int32_t* indices, const T* updates, T* out, const NdIndex& nd, Pool& pool) {
  pool.ForRange(nd.rows, RowsPerTask(nd), [&](size_t begin, size_t end) {
    std::memset(out + begin * nd.slice, 0, (end - begin) * nd.slice * sizeof(T));
    for (size_t i = 0; i < nd.count; ++i) {
      const int64_t row = FlatRow(indices, nd, i);
      if (row < static_cast<int64_t>(begin) || row >= static_cast<int64_t>(end)) continue;
      T* to = out + static_cast<size_t>(row) * nd.slice;
      const T* from = updates + i * nd.slice;
      for (size_t k = 0; k < nd.slice; ++k) to[k] = Sum(to[k], from[k]);
    }
  });
}

}  // namespace

void ScatterAddF32(const int32_t* indices, const float* updates, float* out, const NdIndex& nd, Pool& pool) {
  ScatterAdd(indices, updates, out, nd, pool);
}

void ScatterAddI32(const int32_t* indices, const int32_t* updates, int32_t* out, const NdIndex& nd, Pool& pool) {
  ScatterAdd(indices, updates, out, nd, pool);
}

}  // namespace llm

// isStrict: an index out of range is an error. Returns 1 + its place then (nothing is written), else 0.
LLM_INSTRUCTION(ScatterAdd) {
  const bool is_int = args.Bool("isInt"), is_strict = args.Bool("isStrict");
  const llm::NdIndex nd = llm::ReadNdIndex(args);
  const int32_t* indices = args.Input<int32_t>("indices", llm::CheckedProduct(args, nd.count, nd.depth));
  const float* updates = args.Input<float>("updates", llm::CheckedProduct(args, nd.count, nd.slice));
  float* out = args.Output<float>("out", llm::CheckedProduct(args, nd.rows, nd.slice));
  const size_t wrong = is_strict ? llm::FirstRowOutside(indices, nd) : nd.count;
  if (wrong < nd.count) return args.Return(static_cast<double>(wrong + 1));
  if (!is_int) return llm::ScatterAddF32(indices, updates, out, nd, pool);
  llm::ScatterAddI32(indices, reinterpret_cast<const int32_t*>(updates), reinterpret_cast<int32_t*>(out), nd, pool);
}

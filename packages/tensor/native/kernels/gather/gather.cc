#include "kernels/gather/gather.h"

#include <cstring>

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainBytes = 1 << 16;

size_t RowsPerTask(size_t row_bytes) { return row_bytes >= kGrainBytes ? 1 : kGrainBytes / (row_bytes + 8) + 1; }

template <typename CopyRow>
void ForRowsOf(size_t rows, size_t row_bytes, Pool& pool, const CopyRow& copy_row) {
  pool.ForRange(rows, RowsPerTask(row_bytes), [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) copy_row(row);
  });
}

}  // namespace

size_t FirstOutside(const int32_t* indices, size_t count, size_t limit) {
  for (size_t i = 0; i < count; ++i) {
    if (indices[i] < 0 || static_cast<size_t>(indices[i]) >= limit) return i;
  }
  return count;
}

void Gather(const void* x, const int32_t* indices, void* out, const GatherShape& shape, size_t width, Pool& pool) {
  const size_t row_bytes = shape.slice * width;
  const char* from = static_cast<const char*>(x);
  char* to = static_cast<char*>(out);
  ForRowsOf(shape.batch * shape.outer * shape.indices, row_bytes, pool, [&](size_t row) {
    const size_t plane = row / shape.indices;  // batch * outer + o
    const size_t place = plane / shape.outer * shape.indices + row % shape.indices;
    const size_t source = plane * shape.dim + static_cast<size_t>(indices[place]);
    std::memcpy(to + row * row_bytes, from + source * row_bytes, row_bytes);
  });
}

void GatherNd(const void* x, const int32_t* indices, void* out, const NdIndex& nd, size_t width, Pool& pool) {
  const size_t row_bytes = nd.slice * width;
  const char* from = static_cast<const char*>(x);
  char* to = static_cast<char*>(out);
  ForRowsOf(nd.count, row_bytes, pool, [&](size_t row) {
    const size_t source = static_cast<size_t>(FlatRow(indices, nd, row));
    std::memcpy(to + row * row_bytes, from + source * row_bytes, row_bytes);
  });
}

}  // namespace llm

// Returns 0, or 1 + the place of the first index out of range (nothing is written then).
LLM_INSTRUCTION(Gather) {
  const size_t width = llm::ReadWidth(args);
  llm::GatherShape shape;
  shape.batch = args.Size("batch");
  shape.outer = args.Size("outer");
  shape.dim = args.Size("dim");
  shape.indices = args.Size("indices");
  shape.slice = args.Size("slice");
  const size_t rows = llm::CheckedProduct(args, shape.batch, shape.outer);
  const auto* x = args.Input<uint8_t>("x", llm::CheckedProduct(args, rows, shape.dim, shape.slice) * width);
  const size_t count = llm::CheckedProduct(args, shape.batch, shape.indices);
  const int32_t* indices = args.Input<int32_t>("indices", count);
  auto* out = args.Output<uint8_t>("out", llm::CheckedProduct(args, rows, shape.indices, shape.slice) * width);
  const size_t wrong = llm::FirstOutside(indices, count, shape.dim);
  if (wrong < count) return args.Return(static_cast<double>(wrong + 1));
  llm::Gather(x, indices, out, shape, width, pool);
}

// Returns as Gather does.
LLM_INSTRUCTION(GatherNd) {
  const size_t width = llm::ReadWidth(args);
  const llm::NdIndex nd = llm::ReadNdIndex(args);
  const auto* x = args.Input<uint8_t>("x", llm::CheckedProduct(args, nd.rows, nd.slice) * width);
  const int32_t* indices = args.Input<int32_t>("indices", llm::CheckedProduct(args, nd.count, nd.depth));
  auto* out = args.Output<uint8_t>("out", llm::CheckedProduct(args, nd.count, nd.slice) * width);
  const size_t wrong = llm::FirstRowOutside(indices, nd);
  if (wrong < nd.count) return args.Return(static_cast<double>(wrong + 1));
  llm::GatherNd(x, indices, out, nd, width, pool);
}

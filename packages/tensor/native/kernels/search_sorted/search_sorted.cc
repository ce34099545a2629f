// SearchSorted: for each value, how many elements of its sorted row are smaller (left) or not larger (right).
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

template <typename T>
size_t Search(const T* row, size_t length, T value, bool is_left) {
  size_t low = 0, high = length;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (is_left ? row[middle] < value : row[middle] <= value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return high;
}

template <typename T>
void SearchAll(const T* sorted, const T* values, size_t rows, size_t length, size_t count, bool is_left, int32_t* out,
               Pool& pool) {
  pool.ForRange(rows * count, 1 << 12, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      out[i] = static_cast<int32_t>(Search(sorted + i / count * length, length, values[i], is_left));
    }
  });
}

}  // namespace

// SearchSorted: isInt, isLeft, rows, length, count, sorted [rows, length], values [rows, count], out int32
LLM_INSTRUCTION(SearchSorted) {
  const bool is_int = args.Bool("isInt"), is_left = args.Bool("isLeft");
  const size_t rows = args.Size("rows"), length = args.Size("length"), count = args.Size("count");
  const size_t size = CheckedProduct(args, rows, count);
  const float* sorted = args.Input<float>("sorted", CheckedProduct(args, rows, length));
  const float* values = args.Input<float>("values", size);
  int32_t* out = args.Output<int32_t>("out", size);
  args.End();
  if (!is_int) return SearchAll(sorted, values, rows, length, count, is_left, out, pool);
  SearchAll(reinterpret_cast<const int32_t*>(sorted), reinterpret_cast<const int32_t*>(values), rows, length, count,
            is_left, out, pool);
}

}  // namespace llm

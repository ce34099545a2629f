// Bincount: how often each number from 0 to size - 1 occurs in each row, or the sum of the weights there, or whether
// it occurs. Numbers from `size` on are left out. Each row is summed in order.
#include <cstring>

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 1 << 14;  // elements of a task

template <typename T>
void CountRow(const int32_t* x, const T* weights, bool is_binary, size_t columns, size_t size, T* out) {
  std::memset(out, 0, size * sizeof(T));
  for (size_t i = 0; i < columns; ++i) {
    const size_t value = static_cast<size_t>(x[i]);
    if (value >= size) continue;
    if (is_binary) {
      out[value] = 1;
    } else if (weights == nullptr) {
      out[value] += 1;
    } else if constexpr (sizeof(T) == sizeof(int32_t) && static_cast<T>(0.5) == T(0)) {
      out[value] = static_cast<T>(static_cast<uint32_t>(out[value]) + static_cast<uint32_t>(weights[i]));
    } else {
      out[value] += weights[i];
    }
  }
}

template <typename T>
void Count(const int32_t* x, const T* weights, bool is_binary, size_t rows, size_t columns, size_t size, T* out,
           Pool& pool) {
  pool.ForRange(rows, kGrain / (columns + size + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      const T* row_weights = weights == nullptr ? nullptr : weights + r * columns;
      CountRow(x + r * columns, row_weights, is_binary, columns, size, out + r * size);
    }
  });
}

}  // namespace

// Bincount: isInt (the weights and the result), isBinary, rows, columns, size, x int32, weights or -1, out. Returns 1,
// and writes nothing, when a number is negative; else 0.
LLM_INSTRUCTION(Bincount) {
  const bool is_int = args.Bool("isInt"), is_binary = args.Bool("isBinary");
  const size_t rows = args.Size("rows"), columns = args.Size("columns"), size = args.Size("size");
  const size_t count = CheckedProduct(args, rows, columns);
  const int32_t* x = args.Input<int32_t>("x", count);
  const float* weights = args.OptionalInput<float>("weights", count);
  float* out = args.Output<float>("out", CheckedProduct(args, rows, size));
  args.End();
  for (size_t i = 0; i < count; ++i) {
    if (x[i] < 0) return args.Return(1);
  }
  if (!is_int) return Count(x, weights, is_binary, rows, columns, size, out, pool);
  Count(x, reinterpret_cast<const int32_t*>(weights), is_binary, rows, columns, size, reinterpret_cast<int32_t*>(out),
        pool);
}

}  // namespace llm

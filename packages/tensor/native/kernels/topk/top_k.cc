// A heap of the k best so far, its worst on top, lives in the output itself; an element that does not
// beat the worst costs one comparison, so a row of n takes n + O(k log k log n) steps on random data.
#include "kernels/topk/top_k.h"

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 16384;  // elements read by one task

template <typename T>
struct Heap {
  T* values;
  int32_t* places;

  // Is entry i behind entry j in the final order?
  bool IsWorse(size_t i, size_t j) const {
    if (values[i] != values[j]) return values[i] < values[j];
    return places[i] > places[j];
  }
  void Swap(size_t i, size_t j) {
    const T value = values[i];
    const int32_t place = places[i];
    values[i] = values[j];
    places[i] = places[j];
    values[j] = value;
    places[j] = place;
  }
  // Restores the order below entry i: every parent is worse than its children.
  void Sink(size_t i, size_t size) {
    for (size_t child = 2 * i + 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && IsWorse(child + 1, child)) ++child;
      if (!IsWorse(child, i)) return;
      Swap(i, child);
      i = child;
    }
  }
};

template <typename T>
void TopKRow(const T* x, T* values, int32_t* places, size_t cols, size_t k) {
  Heap<T> heap = {values, places};
  for (size_t i = 0; i < k; ++i) {
    values[i] = x[i];
    places[i] = static_cast<int32_t>(i);
  }
  for (size_t i = k / 2; i-- > 0;) heap.Sink(i, k);
  for (size_t i = k; i < cols; ++i) {
    if (!(x[i] > values[0])) continue;  // an equal one comes later, so it is behind
    values[0] = x[i];
    places[0] = static_cast<int32_t>(i);
    heap.Sink(0, k);
  }
  for (size_t size = k; size-- > 1;) {  // the worst to the end
    heap.Swap(0, size);
    heap.Sink(0, size);
  }
}

template <typename T>
void TopK(const T* x, T* values, int32_t* places, size_t rows, size_t cols, size_t k, Pool& pool) {
  pool.ForRange(rows, cols >= kGrain ? 1 : kGrain / (cols + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) TopKRow(x + r * cols, values + r * k, places + r * k, cols, k);
  });
}

}  // namespace

void TopKF32(const float* x, float* values, int32_t* places, size_t rows, size_t cols, size_t k, Pool& pool) {
  TopK(x, values, places, rows, cols, k, pool);
}

void TopKI32(const int32_t* x, int32_t* values, int32_t* places, size_t rows, size_t cols, size_t k, Pool& pool) {
  TopK(x, values, places, rows, cols, k, pool);
}

}  // namespace llm

LLM_INSTRUCTION(TopK) {
  const bool is_int = args.Bool("isInt");
  const size_t rows = args.Size("rows"), cols = args.Size("cols"), k = args.Size("k");
  args.Check(k >= 1 && k <= cols, "k", "from 1 to the size of the last dimension");
  const float* x = args.Input<float>("x", llm::CheckedProduct(args, rows, cols));
  float* values = args.Output<float>("values", rows * k);
  int32_t* places = args.Output<int32_t>("indices", rows * k);
  if (!is_int) return llm::TopKF32(x, values, places, rows, cols, k, pool);
  llm::TopKI32(reinterpret_cast<const int32_t*>(x), reinterpret_cast<int32_t*>(values), places, rows, cols, k, pool);
}

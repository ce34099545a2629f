#include "kernels/select/select.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 32768;

// A mask rather than a branch, which random conditions would have mispredicted.
template <typename T>
void SelectRange(const uint8_t* condition, const T* a, const T* b, T* out, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const T mask = static_cast<T>(0u - (condition[i] == 1 ? 1u : 0u));
    out[i] = static_cast<T>((a[i] & mask) | (b[i] & ~mask));
  }
}

template <typename T>
void SelectTyped(const uint8_t* condition, const void* a, const void* b, void* out, size_t count,
                 Pool& pool) {
  const T* a_data = static_cast<const T*>(a);
  const T* b_data = static_cast<const T*>(b);
  T* out_data = static_cast<T*>(out);
  pool.ForRange(count, kGrain, [=](size_t begin, size_t end) {
    SelectRange(condition + begin, a_data + begin, b_data + begin, out_data + begin, end - begin);
  });
}

}  // namespace

void Select(const uint8_t* condition, const void* a, const void* b, void* out, size_t count,
            size_t width, Pool& pool) {
  if (width == 1) {
    SelectTyped<uint8_t>(condition, a, b, out, count, pool);
  } else {
    SelectTyped<uint32_t>(condition, a, b, out, count, pool);
  }
}

}  // namespace llm

LLM_INSTRUCTION(Select) {
  const size_t width = llm::ReadWidth(args), count = args.Size("count");
  const auto* condition = args.Input<uint8_t>("condition", count);
  const auto* a = args.Input<uint8_t>("t", count * width);
  const auto* b = args.Input<uint8_t>("e", count * width);
  llm::Select(condition, a, b, args.Output<uint8_t>("out", count * width), count, width, pool);
}

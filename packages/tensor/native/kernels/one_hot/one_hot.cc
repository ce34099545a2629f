#include "kernels/one_hot/one_hot.h"

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 65536;  // elements written by one task

template <typename T>
void OneHotRow(int32_t index, T* row, size_t depth, T on, T off) {
  for (size_t d = 0; d < depth; ++d) row[d] = off;
  if (index >= 0 && static_cast<size_t>(index) < depth) row[index] = on;
}

template <typename T>
void OneHotTyped(const int32_t* indices, T* out, size_t count, size_t depth, T on, T off, Pool& pool) {
  pool.ForRange(count, depth >= kGrain ? 1 : kGrain / (depth + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) OneHotRow(indices[i], out + i * depth, depth, on, off);
  });
}

}  // namespace

void OneHot(const int32_t* indices, void* out, size_t count, size_t depth, const OneHotValues& values, Pool& pool) {
  if (values.width == 1) {
    OneHotTyped(indices, static_cast<uint8_t*>(out), count, depth, static_cast<uint8_t>(values.on),
                static_cast<uint8_t>(values.off), pool);
  } else {
    OneHotTyped(indices, static_cast<uint32_t*>(out), count, depth, values.on, values.off, pool);
  }
}

}  // namespace llm

LLM_INSTRUCTION(OneHot) {
  constexpr int64_t kMaxBits = 0xffffffff;
  llm::OneHotValues values;
  values.width = llm::ReadWidth(args);
  values.on = static_cast<uint32_t>(args.Int("on", 0, kMaxBits));
  values.off = static_cast<uint32_t>(args.Int("off", 0, kMaxBits));
  const size_t count = args.Size("count"), depth = args.Size("depth");
  const int32_t* indices = args.Input<int32_t>("indices", count);
  auto* out = args.Output<uint8_t>("out", llm::CheckedProduct(args, count, depth) * values.width);
  llm::OneHot(indices, out, count, depth, values, pool);
}

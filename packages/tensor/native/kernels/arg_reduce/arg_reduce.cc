#include "kernels/arg_reduce/arg_reduce.h"

#include "kernels/arg_reduce/arg_reduce_rows.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 32768;  // elements read by one task

size_t GrainFor(size_t elements_each) { return elements_each >= kGrain ? 1 : kGrain / (elements_each + 1) + 1; }

}  // namespace

void ArgReduce(bool is_max, ElementType type, const void* x, int32_t* out, size_t outer, size_t axis,
               size_t inner, Pool& pool) {
  const ArgReduceRows rows = FindArgReduceRowsForCpu()(is_max, static_cast<int>(type));
  const size_t width = WidthOf(type);
  const char* bytes = static_cast<const char*>(x);
  pool.ForRange(outer, GrainFor(axis * inner), [&](size_t begin, size_t end) {
    for (size_t o = begin; o < end; ++o) {
      const char* block = bytes + o * axis * inner * width;
      int32_t* winner = out + o * inner;
      if (inner == 1) {
        *winner = rows.run(block, axis);
        continue;
      }
      for (size_t i = 0; i < inner; ++i) winner[i] = 0;
      for (size_t row = 1; row < axis; ++row) {
        rows.contend(block, inner, static_cast<int32_t>(row), winner, inner);
      }
    }
  });
}

}  // namespace llm

LLM_INSTRUCTION(ArgReduce) {
  const bool is_max = args.Bool("isMax");
  const auto type = llm::ReadElementType(args, "type");
  const size_t outer = args.Size("outer"), axis = args.Size("axis"), inner = args.Size("inner");
  args.Check(axis >= 1, "axis", "at least one element");
  const size_t count = llm::CheckedProduct(args, outer, axis, inner);
  const auto* x = args.Input<uint8_t>("x", count * llm::WidthOf(type));
  llm::ArgReduce(is_max, type, x, args.Output<int32_t>("out", outer * inner), outer, axis, inner, pool);
}

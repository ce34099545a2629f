#include "kernels/cast/cast.h"

#include <cstring>

#include "kernels/cast/to_int32.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 32768;

template <typename From, typename To>
void Convert(const From* x, To* out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<To>(x[i]);
}

void Convert(const float* x, int32_t* out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = ToInt32(static_cast<double>(x[i]));
}

template <typename From>
void ConvertToBool(const From* x, uint8_t* out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = x[i] != From(0) ? 1 : 0;
}

template <typename From>
void CastFrom(const From* x, void* out, ElementType to, size_t begin, size_t end) {
  const size_t count = end - begin;
  switch (to) {
    case ElementType::kFloat32:
      return Convert(x + begin, static_cast<float*>(out) + begin, count);
    case ElementType::kInt32:
      return Convert(x + begin, static_cast<int32_t*>(out) + begin, count);
    case ElementType::kBool:
      return ConvertToBool(x + begin, static_cast<uint8_t*>(out) + begin, count);
  }
}

}  // namespace

void Cast(const void* x, ElementType from, void* out, ElementType to, size_t count, Pool& pool) {
  pool.ForRange(count, kGrain, [&](size_t begin, size_t end) {
    switch (from) {
      case ElementType::kFloat32:
        return CastFrom(static_cast<const float*>(x), out, to, begin, end);
      case ElementType::kInt32:
        return CastFrom(static_cast<const int32_t*>(x), out, to, begin, end);
      case ElementType::kBool:
        return CastFrom(static_cast<const uint8_t*>(x), out, to, begin, end);
    }
  });
}

}  // namespace llm

LLM_INSTRUCTION(Cast) {
  const llm::ElementType from = llm::ReadElementType(args, "from"), to = llm::ReadElementType(args, "to");
  const size_t count = args.Size("count");
  const auto* x = args.Input<uint8_t>("x", count * llm::WidthOf(from));
  llm::Cast(x, from, args.Output<uint8_t>("out", count * llm::WidthOf(to)), to, count, pool);
}

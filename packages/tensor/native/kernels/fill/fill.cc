#include "kernels/fill/fill.h"

#include <cstring>

#include "kernels/cast/to_int32.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainBytes = 1 << 18;

void FillRange(uint32_t* out, size_t count, uint32_t bits) {
  for (size_t i = 0; i < count; ++i) out[i] = bits;
}

}  // namespace

void Fill(void* out, size_t count, size_t width, uint32_t bits, Pool& pool) {
  pool.ForRange(count, kGrainBytes / width, [&](size_t begin, size_t end) {
    if (width == 1 || bits == 0) {
      std::memset(static_cast<char*>(out) + begin * width, static_cast<int>(bits), (end - begin) * width);
      return;
    }
    FillRange(static_cast<uint32_t*>(out) + begin, end - begin, bits);
  });
}

void FillRunningF32(float* out, size_t count, double start, double step) {
  float value = static_cast<float>(start);
  for (size_t i = 0; i < count; ++i) {
    out[i] = value;
    value = static_cast<float>(static_cast<double>(value) + step);
  }
}

void FillRunningI32(int32_t* out, size_t count, double start, double step) {
  int32_t value = ToInt32(start);
  for (size_t i = 0; i < count; ++i) {
    out[i] = value;
    value = ToInt32(static_cast<double>(value) + step);
  }
}

}  // namespace llm

// The value of an element by its bits.
LLM_INSTRUCTION(Fill) {
  const size_t width = llm::ReadWidth(args), count = args.Size("count");
  const auto bits = static_cast<uint32_t>(args.Int("bits", 0, 0xffffffff));
  llm::Fill(args.Output<uint8_t>("out", count * width), count, width, bits, pool);
}

LLM_INSTRUCTION(FillRunning) {
  const bool is_int = args.Bool("isInt");
  const size_t count = args.Size("count");
  const double start = args.Double("start"), step = args.Double("step");
  if (is_int) return llm::FillRunningI32(args.Output<int32_t>("out", count), count, start, step);
  llm::FillRunningF32(args.Output<float>("out", count), count, start, step);
}

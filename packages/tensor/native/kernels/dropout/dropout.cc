#include "kernels/dropout/dropout.h"

#include "node/instruction.h"

namespace llm {

constexpr size_t kGrain = 1 << 14;  // a multiple of 4; about 15 microseconds

void Dropout(const float* x, float* out, size_t n, const DropoutMask& mask, Pool& pool) {
  auto* dropout_range = DropoutRangeForCpu();
  pool.ForRange(n, kGrain,
                [&](size_t begin, size_t end) { dropout_range(x + begin, out + begin, begin, end - begin, mask); });
}

}  // namespace llm

// Dropout: n, seed, threshold, scale, x, out
LLM_INSTRUCTION(Dropout) {
  const size_t n = args.Size("n");
  llm::DropoutMask mask;
  mask.seed = static_cast<uint64_t>(args.Int("seed", 0, (int64_t{1} << 53) - 1));
  mask.threshold = static_cast<uint32_t>(args.Int("threshold", 0, UINT32_MAX));
  mask.scale = args.Float("scale");
  const float* x = args.Input<float>("x", n);
  float* out = args.Output<float>("out", n);
  args.End();
  llm::Dropout(x, out, n, mask, pool);
}

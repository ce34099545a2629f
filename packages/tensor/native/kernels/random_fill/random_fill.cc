#include "kernels/random_fill/random_fill.h"

#include "node/instruction.h"

namespace llm {

constexpr size_t kGrain = 1 << 13;  // a multiple of 4; 10 to 60 microseconds

void RandomFill(float* out, size_t n, const RandomStream& stream, Pool& pool) {
  auto* fill_range = RandomFillRangeForCpu();
  pool.ForRange(n, kGrain, [&](size_t begin, size_t end) { fill_range(out + begin, begin, end - begin, stream); });
}

}  // namespace llm

// RandomFill: n, distribution, seed, counter, offset, scale, out
LLM_INSTRUCTION(RandomFill) {
  constexpr int64_t kMaxExact = (int64_t{1} << 53) - 1;
  const size_t n = args.Size("n");
  llm::RandomStream stream;
  stream.distribution = static_cast<llm::Distribution>(args.Int("distribution", 0, 2));
  stream.seed = static_cast<uint64_t>(args.Int("seed", 0, kMaxExact));
  stream.counter = static_cast<uint64_t>(args.Int("counter", 0, kMaxExact));
  stream.offset = args.Double("offset");
  stream.scale = args.Double("scale");
  float* out = args.Output<float>("out", n);
  args.End();
  llm::RandomFill(out, n, stream, pool);
}

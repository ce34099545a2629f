#include "kernels/relu/relu.h"

#include "node/instruction.h"

namespace llm {

constexpr size_t kGrain = 1 << 15;  // 256 KiB in and out: about 20 microseconds

void Relu(const float* x, float* out, size_t n, Pool& pool) {
  auto* relu_range = ReluRangeForCpu();
  pool.ForRange(n, kGrain, [=](size_t begin, size_t end) { relu_range(x + begin, out + begin, end - begin); });
}

// Relu: n, x, out
LLM_INSTRUCTION(Relu) {
  const size_t n = args.Size("n");
  const float* x = args.Input<float>("x", n);
  float* out = args.Output<float>("out", n);
  args.End();
  Relu(x, out, n, pool);
}

}  // namespace llm

#include "kernels/activation/activation.h"

#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 1 << 13;  // about 10 microseconds

using UnaryRange = void (*)(const float*, float*, size_t);
using UnaryGradRange = void (*)(const float*, const float*, float*, size_t);

// n, x, out
void RunUnary(Args& args, Pool& pool, UnaryRange run_range) {
  const size_t n = args.Size("n");
  const float* x = args.Input<float>("x", n);
  float* out = args.Output<float>("out", n);
  args.End();
  pool.ForRange(n, kGrain, [=](size_t begin, size_t end) { run_range(x + begin, out + begin, end - begin); });
}

// n, dy, x, dx
void RunUnaryGrad(Args& args, Pool& pool, UnaryGradRange run_range) {
  const size_t n = args.Size("n");
  const float* dy = args.Input<float>("dy", n);
  const float* x = args.Input<float>("x", n);
  float* dx = args.Output<float>("dx", n);
  args.End();
  pool.ForRange(n, kGrain,
                [=](size_t begin, size_t end) { run_range(dy + begin, x + begin, dx + begin, end - begin); });
}

}  // namespace

LLM_INSTRUCTION(Gelu) { RunUnary(args, pool, GeluRangeForCpu()); }
LLM_INSTRUCTION(GeluTanh) { RunUnary(args, pool, GeluTanhRangeForCpu()); }
LLM_INSTRUCTION(Silu) { RunUnary(args, pool, SiluRangeForCpu()); }
LLM_INSTRUCTION(GeluGrad) { RunUnaryGrad(args, pool, GeluGradRangeForCpu()); }
LLM_INSTRUCTION(GeluTanhGrad) { RunUnaryGrad(args, pool, GeluTanhGradRangeForCpu()); }
LLM_INSTRUCTION(SiluGrad) { RunUnaryGrad(args, pool, SiluGradRangeForCpu()); }

// Swiglu: n, gate, up, out
LLM_INSTRUCTION(Swiglu) {
  const size_t n = args.Size("n");
  const float* gate = args.Input<float>("gate", n);
  const float* up = args.Input<float>("up", n);
  float* out = args.Output<float>("out", n);
  args.End();
  auto* run_range = SwigluRangeForCpu();
  pool.ForRange(n, kGrain,
                [=](size_t begin, size_t end) { run_range(gate + begin, up + begin, out + begin, end - begin); });
}

// SwigluGrad: n, dy, gate, up, dgate, dup
LLM_INSTRUCTION(SwigluGrad) {
  const size_t n = args.Size("n");
  const float* dy = args.Input<float>("dy", n);
  const float* gate = args.Input<float>("gate", n);
  const float* up = args.Input<float>("up", n);
  float* dgate = args.Output<float>("dgate", n);
  float* dup = args.Output<float>("dup", n);
  args.End();
  auto* run_range = SwigluGradRangeForCpu();
  pool.ForRange(n, kGrain, [=](size_t begin, size_t end) {
    run_range(dy + begin, gate + begin, up + begin, dgate + begin, dup + begin, end - begin);
  });
}

}  // namespace llm

#include "kernels/momentum/momentum.h"

#include "kernels/tensor_pieces.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 1 << 14;  // 320 KiB read and written: about 15 microseconds

template <typename Args>
MomentumTensor* ReadTensors(Args& args, size_t count) {
  args.Check(count <= args.remaining() / 5, "count", "five arguments for each tensor");
  auto* tensors = args.template Scratch<MomentumTensor>(count);
  for (size_t i = 0; i < count; ++i) {
    MomentumTensor& tensor = tensors[i];
    tensor.n = args.Size("n");
    tensor.own = args.Float("own");
    tensor.p = args.template Output<float>("p", tensor.n);
    tensor.g = args.template Input<float>("g", tensor.n);
    tensor.m = args.template Output<float>("m", tensor.n);
  }
  args.End();
  return tensors;
}

}  // namespace
}  // namespace llm

// SgdMomentumStep: count, momentum, gain, nesterov, learningRate, gradScale, then for each tensor n, l2, p, g, m
LLM_INSTRUCTION(SgdMomentumStep) {
  const size_t count = args.Size("count");
  llm::SgdScalars scalars;
  scalars.momentum = args.Float("momentum");
  scalars.gain = args.Float("gain");
  scalars.nesterov = args.Bool("nesterov");
  scalars.learning_rate = args.Float("learningRate");
  scalars.grad_scale = args.Float("gradScale");
  const llm::MomentumTensor* tensors = llm::ReadTensors(args, count);
  auto* range = llm::SgdMomentumRangeForCpu();
  llm::ForTensorPieces(
      count, llm::kGrain, args.Scratch<size_t>(count), pool, [&](size_t i) { return tensors[i].n; },
      [&](size_t i, size_t begin, size_t end) { range(tensors[i], begin, end, scalars); });
}

// LionStep: count, b1, b2, learningRate, gradScale, then for each tensor n, decay, p, g, m
LLM_INSTRUCTION(LionStep) {
  const size_t count = args.Size("count");
  const double b1 = args.Double("b1"), b2 = args.Double("b2");
  llm::LionScalars scalars;
  scalars.b1 = static_cast<float>(b1);
  scalars.one_minus_b1 = static_cast<float>(1 - b1);
  scalars.b2 = static_cast<float>(b2);
  scalars.one_minus_b2 = static_cast<float>(1 - b2);
  scalars.learning_rate = args.Float("learningRate");
  scalars.grad_scale = args.Float("gradScale");
  const llm::MomentumTensor* tensors = llm::ReadTensors(args, count);
  auto* range = llm::LionRangeForCpu();
  llm::ForTensorPieces(
      count, llm::kGrain, args.Scratch<size_t>(count), pool, [&](size_t i) { return tensors[i].n; },
      [&](size_t i, size_t begin, size_t end) { range(tensors[i], begin, end, scalars); });
}

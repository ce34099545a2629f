#include "kernels/adam_w/adam_w.h"

#include "kernels/tensor_pieces.h"
#include "node/instruction.h"

namespace llm {

constexpr size_t kGrain = 1 << 14;  // 448 KiB read and written: about 20 microseconds

void AdamWStep(const AdamWTensor* tensors, size_t count, size_t* first_task, const AdamWScalars& scalars, Pool& pool) {
  auto* adam_w_range = AdamWRangeForCpu();
  ForTensorPieces(
      count, kGrain, first_task, pool, [&](size_t i) { return tensors[i].n; },
      [&](size_t i, size_t begin, size_t end) { adam_w_range(tensors[i], begin, end, scalars); });
}

}  // namespace llm

// AdamWStep: count, b1, b2, eps, gradScale, stepSize, nuScale, then for each tensor n, decay, l2, p, g, m, v
LLM_INSTRUCTION(AdamWStep) {
  const size_t count = args.Size("count");
  const double b1 = args.Double("b1"), b2 = args.Double("b2");
  llm::AdamWScalars scalars;
  scalars.b1 = static_cast<float>(b1);
  scalars.one_minus_b1 = static_cast<float>(1 - b1);
  scalars.b2 = static_cast<float>(b2);
  scalars.one_minus_b2 = static_cast<float>(1 - b2);
  scalars.eps = args.Float("eps");
  scalars.grad_scale = args.Float("gradScale");
  scalars.step_size = args.Float("stepSize");
  scalars.nu_scale = args.Float("nuScale");
  args.Check(count <= args.remaining() / 7, "count", "seven arguments for each tensor");
  auto* tensors = args.Scratch<llm::AdamWTensor>(count);
  for (size_t i = 0; i < count; ++i) {
    llm::AdamWTensor& tensor = tensors[i];
    tensor.n = args.Size("n");
    tensor.decay = args.Float("decay");
    tensor.l2 = args.Float("l2");
    tensor.p = args.Output<float>("p", tensor.n);
    tensor.g = args.Input<float>("g", tensor.n);
    tensor.m = args.Output<float>("m", tensor.n);
    tensor.v = args.Output<float>("v", tensor.n);
  }
  args.End();
  llm::AdamWStep(tensors, count, args.Scratch<size_t>(count), scalars, pool);
}

#include "kernels/adam_w/adam_w.h"

#include <algorithm>

#include "node/instruction.h"

namespace llm {

constexpr size_t kGrain = 1 << 14;  // 448 KiB read and written: about 20 microseconds

void AdamWStep(const AdamWTensor* tensors, size_t count, size_t* first_task, const AdamWScalars& scalars, Pool& pool) {
  auto* adam_w_range = AdamWRangeForCpu();
  size_t tasks = 0;
  for (size_t i = 0; i < count; ++i) {
    first_task[i] = tasks;
    tasks += (tensors[i].n + kGrain - 1) / kGrain;
  }
  pool.Run(tasks, [&](size_t task) {
    // The last tensor whose first task is at or before this one; an empty tensor has none.
    const size_t i = static_cast<size_t>(std::upper_bound(first_task, first_task + count, task) - first_task) - 1;
    const size_t begin = (task - first_task[i]) * kGrain;
    adam_w_range(tensors[i], begin, std::min(begin + kGrain, tensors[i].n), scalars);
  });
}

}  // namespace llm

// AdamWStep: count, b1, b2, eps, gradScale, stepSize, nuScale, then for each tensor n, decay, p, g, m, v
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
  args.Check(count <= args.remaining() / 6, "count", "six arguments for each tensor");
  auto* tensors = args.Scratch<llm::AdamWTensor>(count);
  for (size_t i = 0; i < count; ++i) {
    llm::AdamWTensor& tensor = tensors[i];
    tensor.n = args.Size("n");
    tensor.decay = args.Float("decay");
    tensor.p = args.Output<float>("p", tensor.n);
    tensor.g = args.Input<float>("g", tensor.n);
    tensor.m = args.Output<float>("m", tensor.n);
    tensor.v = args.Output<float>("v", tensor.n);
  }
  args.End();
  llm::AdamWStep(tensors, count, args.Scratch<size_t>(count), scalars, pool);
}

#include "kernels/global_norm/global_norm.h"

#include <algorithm>
#include <cmath>

#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 1 << 16;  // 256 KiB: about 15 microseconds

size_t TasksOf(size_t n) { return (n + kGrain - 1) / kGrain; }

}  // namespace

size_t GlobalNormTasks(const FloatSpan* tensors, size_t count) {
  size_t tasks = 0;
  for (size_t i = 0; i < count; ++i) tasks += TasksOf(tensors[i].n);
  return tasks;
}

double GlobalNorm(const FloatSpan* tensors, size_t count, size_t* first_task, double* partial, Pool& pool) {
  auto* sum_of_squares = SumOfSquaresForCpu();
  size_t tasks = 0;
  for (size_t i = 0; i < count; ++i) {
    first_task[i] = tasks;
    tasks += TasksOf(tensors[i].n);
  }
  pool.Run(tasks, [&](size_t task) {
    const size_t i = static_cast<size_t>(std::upper_bound(first_task, first_task + count, task) - first_task) - 1;
    const size_t begin = (task - first_task[i]) * kGrain;
    partial[task] = sum_of_squares(tensors[i].data + begin, std::min(kGrain, tensors[i].n - begin));
  });
  double total = 0;
  for (size_t task = 0; task < tasks; ++task) total += partial[task];
  return std::sqrt(total);
}

}  // namespace llm

// GlobalNorm: count, out, then for each tensor n, x
LLM_INSTRUCTION(GlobalNorm) {
  const size_t count = args.Size("count");
  float* out = args.Output<float>("out", 1);
  args.Check(count <= args.remaining() / 2, "count", "two arguments for each tensor");
  auto* tensors = args.Scratch<llm::FloatSpan>(count);
  for (size_t i = 0; i < count; ++i) {
    tensors[i].n = args.Size("n");
    tensors[i].data = args.Input<float>("x", tensors[i].n);
  }
  args.End();
  auto* partial = args.Scratch<double>(llm::GlobalNormTasks(tensors, count));
  *out = static_cast<float>(llm::GlobalNorm(tensors, count, args.Scratch<size_t>(count), partial, pool));
}

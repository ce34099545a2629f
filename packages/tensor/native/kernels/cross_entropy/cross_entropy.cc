#include "kernels/cross_entropy/cross_entropy.h"

#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainElements = 1 << 14;  // about 10 microseconds

enum Reduction : int64_t { kNone = 0, kSum = 1, kMean = 2 };

struct Call {
  CrossEntropyArgs problem;
  Reduction reduction;
  size_t grain;
};

// [rows, V], ignored label, smoothing, reduction, logits, labels
Call ReadCall(Args& args) {
  const Shape shape = args.ReadShape("logits shape");
  args.Check(shape.rank == 2, "logits shape", "rank 2");
  Call call{};
  call.problem.rows = shape.dims[0];
  call.problem.V = shape.dims[1];
  call.problem.ignored = static_cast<int32_t>(args.Int("ignored", INT32_MIN, INT32_MAX));
  call.problem.smoothing = args.Float("smoothing");
  call.reduction = static_cast<Reduction>(args.Int("reduction", kNone, kMean));
  call.problem.logits = args.Input<float>("logits", shape.size());
  call.problem.labels = args.Input<int32_t>("labels", shape.dims[0]);
  call.grain = kGrainElements / (shape.dims[1] + 1) + 1;
  return call;
}

// The index of the first label that is neither a class nor ignored; rows when all are right.
size_t FindWrongLabel(const CrossEntropyArgs& problem) {
  for (size_t r = 0; r < problem.rows; ++r) {
    const int32_t label = problem.labels[r];
    const bool is_class = label >= 0 && static_cast<size_t>(label) < problem.V;
    if (!is_class && label != problem.ignored) return r;
  }
  return problem.rows;
}

double CountedRows(const CrossEntropyArgs& problem) {
  size_t count = 0;
  for (size_t r = 0; r < problem.rows; ++r) count += problem.labels[r] != problem.ignored;
  return static_cast<double>(count);
}

}  // namespace

// CrossEntropy: what ReadCall reads, loss [rows] or [], log_sum_exp [rows]. Returns 0, or 1 + the index of a wrong
// label.
LLM_INSTRUCTION(CrossEntropy) {
  const Call call = ReadCall(args);
  const CrossEntropyArgs& problem = call.problem;
  float* loss = args.Output<float>("loss", call.reduction == kNone ? problem.rows : 1);
  float* log_sum_exp = args.Output<float>("log_sum_exp", problem.rows);
  float* losses = call.reduction == kNone ? loss : args.Scratch<float>(problem.rows);
  args.End();
  const size_t wrong = FindWrongLabel(problem);
  if (wrong < problem.rows) return args.Return(static_cast<double>(wrong + 1));
  auto* run_row = CrossEntropyRowForCpu();
  pool.ForRange(problem.rows, call.grain, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) run_row(problem, r, losses + r, log_sum_exp + r);
  });
  if (call.reduction == kNone) return;
  double total = 0;
  for (size_t r = 0; r < problem.rows; ++r) total += losses[r];
  *loss = static_cast<float>(call.reduction == kMean ? total / CountedRows(problem) : total);
}

// CrossEntropyGrad: what ReadCall reads, log_sum_exp [rows], dy [rows] or [], dlogits [rows, V]
LLM_INSTRUCTION(CrossEntropyGrad) {
  const Call call = ReadCall(args);
  const CrossEntropyArgs& problem = call.problem;
  const float* log_sum_exp = args.Input<float>("log_sum_exp", problem.rows);
  const float* dy = args.Input<float>("dy", call.reduction == kNone ? problem.rows : 1);
  float* dlogits = args.Output<float>("dlogits", problem.rows * problem.V);
  args.End();
  args.Check(FindWrongLabel(problem) == problem.rows, "labels", "the labels of the forward pass");
  const double counted = CountedRows(problem);
  const bool is_mean = call.reduction == kMean && counted > 0;
  auto* run_row = CrossEntropyGradRowForCpu();
  pool.ForRange(problem.rows, call.grain, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      const float gradient = call.reduction == kNone ? dy[r] : dy[0];
      const float scale = is_mean ? static_cast<float>(gradient / counted) : gradient;
      run_row(problem, r, log_sum_exp[r], scale, dlogits + r * problem.V);
    }
  });
}

}  // namespace llm

#include "kernels/attention/attention.h"

#include <cstring>

namespace llm {
namespace {

constexpr size_t kWantedTasks = 16;    // enough for a machine with many cores and few heads
constexpr size_t kKeysPerChunk = 256;  // at least: a chunk costs memory traffic of the queries' size
constexpr size_t kReduceGrain = 32;

// Shared by the instruction sets and by forward and backward: a thread runs one task at a time.
alignas(64) thread_local unsigned char t_workspace[kAttentionWorkspaceBytes];

size_t CeilDiv(size_t a, size_t b) { return (a + b - 1) / b; }

KeyChunks CutKeys(const AttentionProblem& p, size_t other_tasks) {
  const size_t wanted = CeilDiv(kWantedTasks, other_tasks);
  const size_t possible = CeilDiv(p.key_length, kKeysPerChunk);
  const size_t count = wanted < possible ? wanted : possible;
  const size_t keys = CeilDiv(CeilDiv(p.key_length, count), p.tile()) * p.tile();
  return {CeilDiv(p.key_length, keys), keys};
}

size_t RowBlocks(const AttentionForwardArgs& args) { return CeilDiv(args.problem.rows(), args.rows_per_task); }

}  // namespace

void PlanAttentionForward(AttentionForwardArgs* args) {
  const AttentionProblem& p = args->problem;
  args->rows_per_task = 2 * p.tile();  // a packed tile of keys serves two tiles of rows
  args->chunks = CutKeys(p, p.B * p.K * RowBlocks(*args));
}

void PlanAttentionBackward(AttentionBackwardArgs* args) {
  const AttentionProblem& p = args->problem;
  args->chunks = CutKeys(p, args->SharesBias() ? p.K : p.B * p.K);
}

void AttentionForward(const AttentionForwardArgs& args, Pool& pool) {
  const AttentionProblem& p = args.problem;
  auto* run_task = AttentionForwardTaskForCpu();
  const size_t tasks = p.B * p.K * RowBlocks(args) * args.chunks.count;
  pool.Run(tasks, [&](size_t task) { run_task(args, task, t_workspace); });
  if (args.chunks.count == 1) return;
  auto* combine = AttentionCombineTaskForCpu();
  pool.ForRange(p.B * p.K * p.rows(), kReduceGrain, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) combine(args, i);
  });
}

void AttentionBackward(const AttentionBackwardArgs& args, Pool& pool) {
  const AttentionProblem& p = args.problem;
  auto* run_task = AttentionBackwardTaskForCpu();
  auto* reduce = AttentionReduceTaskForCpu();
  const size_t heads = args.SharesBias() ? p.K : p.B * p.K;
  if (args.dbias != nullptr) {  // what no query sees is left at zero
    const size_t biases = (p.bias_batch_stride == 0 ? 1 : p.B) * p.H * p.T * p.key_length;
    std::memset(args.dbias, 0, biases * sizeof(float));
  }
  pool.Run(heads * args.chunks.count, [&](size_t task) { run_task(args, task, t_workspace); });
  pool.ForRange(p.B * p.T, kReduceGrain, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) reduce(args, i);
  });
  const size_t row = p.K * p.D;  // keys that are not in use
  const size_t unused = (p.S - p.key_length) * row;
  for (size_t b = 0; unused > 0 && b < p.B; ++b) {
    const size_t offset = (b * p.S + p.key_length) * row;
    std::memset(args.dk + offset, 0, unused * sizeof(float));
    std::memset(args.dv + offset, 0, unused * sizeof(float));
  }
}

}  // namespace llm

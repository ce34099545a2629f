#include "kernels/attention/attention.h"

#include <cmath>
#include <cstring>

namespace llm {
namespace {

constexpr size_t kLargestVector = 16;
constexpr size_t kWantedTasks = 16;     // enough for a machine with many cores and few heads
constexpr size_t kKeysPerChunk = 256;   // at least; a chunk costs a copy of dq
constexpr size_t kReduceGrain = 32;

size_t CeilDiv(size_t a, size_t b) { return (a + b - 1) / b; }

size_t PaddedD(const AttentionProblem& p) { return CeilDiv(p.D, kLargestVector) * kLargestVector; }

}  // namespace

void AttentionForward(const AttentionForwardArgs& args, Pool& pool) {
  const AttentionProblem& p = args.problem;
  AttentionForwardArgs planned = args;
  planned.rows_per_task = 2 * p.tile();  // a packed tile of keys serves two tiles of rows
  auto* run_task = AttentionForwardTaskForCpu();
  pool.Run(p.B * p.K * CeilDiv(p.rows(), planned.rows_per_task), [&](size_t task) { run_task(planned, task); });
}

void PlanAttentionBackward(AttentionBackwardArgs* args) {
  const AttentionProblem& p = args->problem;
  const size_t wanted = CeilDiv(kWantedTasks, p.B * p.K);
  const size_t possible = CeilDiv(p.key_length, kKeysPerChunk);
  const size_t chunks = wanted < possible ? wanted : possible;
  args->keys_per_chunk = CeilDiv(CeilDiv(p.key_length, chunks), p.tile()) * p.tile();
  args->chunks = CeilDiv(p.key_length, args->keys_per_chunk);
}

size_t AttentionBackwardScratch(const AttentionBackwardArgs& args) {
  const AttentionProblem& p = args.problem;
  return args.chunks * p.B * p.K * p.rows() * PaddedD(p);
}

void AttentionBackward(const AttentionBackwardArgs& args, Pool& pool) {
  const AttentionProblem& p = args.problem;
  auto* run_task = AttentionBackwardTaskForCpu();
  auto* reduce = AttentionReduceTaskForCpu();
  pool.Run(p.B * p.K * args.chunks, [&](size_t task) { run_task(args, task); });
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

// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/cross_entropy/cross_entropy.h"

#include <math.h>

#include "simd/exp-inl.h"
#include "simd/shuffle-inl.h"

namespace llm::LLM_ISA {
namespace {

constexpr size_t kBlock = 2048;  // 8 KiB

struct RowSums {
  float largest = -INFINITY;
  float exponentials = 0.0f;  // sum of e^(x - largest)
  float logits = 0.0f;
};

LLM_INLINE F32 LoadOr(const float* x, size_t n, size_t i, F32 padding) {
  if (i + kLanes <= n) return Load(x + i);
  F32 v = padding;
  for (size_t lane = 0; i + lane < n; ++lane) v[lane] = x[i + lane];
  return v;
}

void AddBlock(const float* x, size_t n, RowSums* sums) {
  const F32 hidden = Set(-INFINITY);
  F32 largest = hidden, logits = Zero();
  for (size_t i = 0; i < n; i += kLanes) {
    largest = Max(LoadOr(x, n, i, hidden), largest);
    logits = logits + LoadOr(x, n, i, Zero());
  }
  const float block_largest = LargestLane(largest);
  if (block_largest > sums->largest) {
    const F32 shrink = SoftmaxExp(Set(sums->largest - block_largest));
    sums->exponentials *= shrink[0];
    sums->largest = block_largest;
  }
  const F32 reference = Set(sums->largest == -INFINITY ? 0.0f : sums->largest);
  F32 first = Zero(), second = Zero();  // two sums: the additions of one would wait for each other
  for (size_t i = 0; i < n; i += 2 * kLanes) {
    first = first + SoftmaxExp(LoadOr(x, n, i, hidden) - reference);
    if (i + kLanes < n) second = second + SoftmaxExp(LoadOr(x, n, i + kLanes, hidden) - reference);
  }
  sums->exponentials += SumOfLanes(first + second);
  sums->logits += SumOfLanes(logits);
}

}  // namespace

void CrossEntropyRow(const CrossEntropyArgs& args, size_t row, float* loss, float* log_sum_exp) {
  const float* x = args.logits + row * args.V;
  RowSums sums;
  for (size_t i = 0; i < args.V; i += kBlock) AddBlock(x + i, args.V - i < kBlock ? args.V - i : kBlock, &sums);
  *log_sum_exp = sums.largest + logf(sums.exponentials);
  const int32_t label = args.labels[row];
  if (label == args.ignored) {
    *loss = 0.0f;
    return;
  }
  const float mean = sums.logits / static_cast<float>(args.V);
  const float target = args.smoothing == 0.0f ? x[label] : (1.0f - args.smoothing) * x[label] + args.smoothing * mean;
  *loss = *log_sum_exp - target;
}

void CrossEntropyGradRow(const CrossEntropyArgs& args, size_t row, float log_sum_exp, float scale, float* dlogits) {
  const float* x = args.logits + row * args.V;
  const int32_t label = args.labels[row];
  const bool is_ignored = label == args.ignored;
  const F32 factor = Set(scale), shift = Set(log_sum_exp), floor = Set(args.smoothing / static_cast<float>(args.V));
  ForEachVector(args.V, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 probability = is_ignored ? floor : SoftmaxExp(LoadN(x + i, lanes) - shift);
    StoreN(dlogits + i, (probability - floor) * factor, lanes);
  });
  if (!is_ignored) dlogits[label] -= (1.0f - args.smoothing) * scale;
}

}  // namespace llm::LLM_ISA

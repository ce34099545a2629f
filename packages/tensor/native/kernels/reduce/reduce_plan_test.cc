// Reduction plans, worked out by hand.
#include "kernels/reduce/reduce_plan.h"

#include <vector>

#include "test/test.h"

namespace llm {
namespace {

using Sizes = std::vector<size_t>;

ReducePlan PlanOf(const Sizes& shape, const std::vector<int>& reduced_axes) {
  bool is_reduced[kMaxReduceRank] = {};
  for (int axis : reduced_axes) is_reduced[axis] = true;
  return PlanReduce(shape.data(), is_reduced, shape.size());
}

Sizes Kept(const ReducePlan& plan) { return Sizes(plan.kept_dims, plan.kept_dims + plan.kept_rank); }
Sizes Reduced(const ReducePlan& plan) { return Sizes(plan.reduced_dims, plan.reduced_dims + plan.reduced_rank); }

LLM_TEST(ReducePlanOfEverythingIsOneRun) {
  const ReducePlan plan = PlanOf({2, 3, 4}, {0, 1, 2});
  LLM_EXPECT(Kept(plan).empty() && Reduced(plan) == Sizes{24}, "one run of 24");
  LLM_EXPECT(plan.kept_size == 1 && plan.reduced_size == 24 && plan.is_inner_reduced, "sizes");
}

LLM_TEST(ReducePlanMergesNeighboursOfAKind) {
  const ReducePlan plan = PlanOf({2, 3, 1, 4, 5}, {3, 4});
  LLM_EXPECT(Kept(plan) == Sizes{6} && Reduced(plan) == Sizes{20}, "2·3 rows of 4·5");
  LLM_EXPECT(plan.kept_strides[0] == 20 && plan.reduced_strides[0] == 1, "strides");
}

LLM_TEST(ReducePlanTellsColumnsFromRuns) {
  const ReducePlan plan = PlanOf({4, 7}, {0});
  LLM_EXPECT(!plan.is_inner_reduced && Kept(plan) == Sizes{7} && Reduced(plan) == Sizes{4}, "columns");
  LLM_EXPECT(plan.reduced_strides[0] == 7, "a row apart");
}

LLM_TEST(ReducePlanKeepsAlternatingDimensionsApart) {
  const ReducePlan plan = PlanOf({2, 3, 4, 5}, {0, 2});
  LLM_EXPECT((Kept(plan) == Sizes{3, 5} && Reduced(plan) == Sizes{2, 4}), "dimensions");
  LLM_EXPECT(plan.kept_strides[0] == 20 && plan.reduced_strides[0] == 60 && plan.reduced_strides[1] == 5, "strides");
}

LLM_TEST(ReducePlanOfNothingCopies) {
  const ReducePlan plan = PlanOf({3, 4}, {});
  LLM_EXPECT(plan.kept_size == 12 && plan.reduced_size == 1, "sizes");
  LLM_EXPECT(!plan.is_inner_reduced && plan.reduced_rank == 0, "columns of one row");
}

}  // namespace
}  // namespace llm

// Broadcasting plans, worked out by hand.
#include "kernels/binary/broadcast_plan.h"

#include <vector>

#include "test/test.h"

namespace llm {
namespace {

using Sizes = std::vector<size_t>;

void ExpectPlan(const Sizes& a, const Sizes& b, const Sizes& dims, const Sizes& a_strides, const Sizes& b_strides) {
  const BroadcastPlan plan = PlanBroadcast(a.data(), a.size(), b.data(), b.size());
  LLM_EXPECT(Sizes(plan.dims, plan.dims + plan.rank) == dims, "dimensions");
  LLM_EXPECT(Sizes(plan.a_strides, plan.a_strides + plan.rank) == a_strides, "strides of a");
  LLM_EXPECT(Sizes(plan.b_strides, plan.b_strides + plan.rank) == b_strides, "strides of b");
}

bool Fits(const Sizes& a, const Sizes& b) { return CanBroadcast(a.data(), a.size(), b.data(), b.size()); }

LLM_TEST(BroadcastPlanOfEqualShapesIsOneRun) { ExpectPlan({2, 3, 4}, {2, 3, 4}, {24}, {1}, {1}); }

LLM_TEST(BroadcastPlanOfAScalarIsOneRun) {
  ExpectPlan({2, 3}, {}, {6}, {1}, {0});
  ExpectPlan({1, 1}, {2, 3}, {6}, {0}, {1});
  ExpectPlan({}, {}, {1}, {1}, {1});
}

LLM_TEST(BroadcastPlanOfARowRepeatsIt) { ExpectPlan({5, 2, 3}, {2, 3}, {5, 6}, {6, 1}, {0, 1}); }

LLM_TEST(BroadcastPlanOfAColumnRepeatsItsElements) { ExpectPlan({2, 3}, {2, 1}, {2, 3}, {3, 1}, {1, 0}); }

LLM_TEST(BroadcastPlanOfBothSidesKeepsEveryDimension) {
  // [2, 1, 4] and [3, 1]: a moves by 4 and 1, b by 1 in the middle
  ExpectPlan({2, 1, 4}, {3, 1}, {2, 3, 4}, {4, 0, 1}, {0, 1, 0});
}

LLM_TEST(CanBroadcastComparesFromTheLastDimension) {
  LLM_EXPECT(Fits({2, 3}, {3}), "a missing dimension is 1");
  LLM_EXPECT(Fits({2, 1}, {1, 3}), "ones repeat on both sides");
  LLM_EXPECT(!Fits({2, 3}, {2}), "3 and 2 differ");
  LLM_EXPECT(!Fits({0}, {2}), "0 is not 1");
}

}  // namespace
}  // namespace llm

// Plans a binary operation with NumPy broadcasting: the two shapes become the fewest dimensions
// that still describe the iteration, each with a stride of every operand (0 where it repeats).
// Pure; allocates nothing.
#pragma once
#include <cstddef>

namespace llm {

constexpr size_t kMaxBroadcastRank = 16;

struct BroadcastPlan {
  size_t rank;                            // collapsed; at least 1
  size_t dims[kMaxBroadcastRank];         // collapsed output dimensions, outermost first
  size_t a_strides[kMaxBroadcastRank];    // in elements
  size_t b_strides[kMaxBroadcastRank];
  size_t size;                            // product of dims
};

// Ranks are at most kMaxBroadcastRank.
bool CanBroadcast(const size_t* a_shape, size_t a_rank, const size_t* b_shape, size_t b_rank);

// Shapes must be broadcastable. The innermost strides of the result are 0 or 1.
BroadcastPlan PlanBroadcast(const size_t* a_shape, size_t a_rank, const size_t* b_shape,
                            size_t b_rank);

}  // namespace llm

// Plans a reduction over any axes: the shape becomes the fewest dimensions that still tell kept from
// reduced ones, split into two lists with their strides. Pure; allocates nothing.
#pragma once
#include <cstddef>

namespace llm {

constexpr size_t kMaxReduceRank = 16;

struct ReducePlan {
  size_t kept_rank, reduced_rank;
  size_t kept_dims[kMaxReduceRank], kept_strides[kMaxReduceRank];        // outermost first
  size_t reduced_dims[kMaxReduceRank], reduced_strides[kMaxReduceRank];
  size_t kept_size, reduced_size;
  bool is_inner_reduced;  // the contiguous dimension is the last of the reduced list, not of the kept
};

// is_reduced[d] tells whether dimension d of the (contiguous) shape is reduced. rank <= kMaxReduceRank.
ReducePlan PlanReduce(const size_t* shape, const bool* is_reduced, size_t rank);

}  // namespace llm

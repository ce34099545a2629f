#include "kernels/reduce/reduce_plan.h"

namespace llm {

ReducePlan PlanReduce(const size_t* shape, const bool* is_reduced, size_t rank) {
  struct Axis {
    size_t dim, stride;
    bool is_reduced;
  };
  Axis axes[kMaxReduceRank];  // innermost first; neighbours of one kind merged
  size_t count = 0, stride = 1;
  for (size_t d = rank; d-- > 0;) {
    if (shape[d] == 1) continue;
    if (count > 0 && axes[count - 1].is_reduced == is_reduced[d]) {
      axes[count - 1].dim *= shape[d];
    } else {
      axes[count++] = {shape[d], stride, is_reduced[d]};
    }
    stride *= shape[d];
  }
  ReducePlan plan = {};
  plan.kept_size = plan.reduced_size = 1;
  plan.is_inner_reduced = count == 0 || axes[0].is_reduced;
  for (size_t i = count; i-- > 0;) {
    const Axis& axis = axes[i];
    if (axis.is_reduced) {
      plan.reduced_dims[plan.reduced_rank] = axis.dim;
      plan.reduced_strides[plan.reduced_rank++] = axis.stride;
      plan.reduced_size *= axis.dim;
    } else {
      plan.kept_dims[plan.kept_rank] = axis.dim;
      plan.kept_strides[plan.kept_rank++] = axis.stride;
      plan.kept_size *= axis.dim;
    }
  }
  if (plan.is_inner_reduced && plan.reduced_rank == 0) {  // nothing to reduce: runs of one element
    plan.reduced_dims[0] = plan.reduced_strides[0] = 1;
    plan.reduced_rank = 1;
  }
  return plan;
}

}  // namespace llm

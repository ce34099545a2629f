#include "kernels/binary/broadcast_plan.h"

namespace llm {
namespace {

struct Axis {
  size_t dim;
  size_t a_stride;
  size_t b_stride;
};

// Two neighbours are one dimension when both operands step through them as one.
bool Mergeable(const Axis& outer, const Axis& inner) {
  return outer.a_stride == inner.a_stride * inner.dim &&
         outer.b_stride == inner.b_stride * inner.dim;
}

}  // namespace

bool CanBroadcast(const size_t* a_shape, size_t a_rank, const size_t* b_shape, size_t b_rank) {
  for (size_t i = 1; i <= a_rank && i <= b_rank; ++i) {
    const size_t a_dim = a_shape[a_rank - i], b_dim = b_shape[b_rank - i];
    if (a_dim != b_dim && a_dim != 1 && b_dim != 1) return false;
  }
  return true;
}

BroadcastPlan PlanBroadcast(const size_t* a_shape, size_t a_rank, const size_t* b_shape,
                            size_t b_rank) {
  const size_t rank = a_rank > b_rank ? a_rank : b_rank;
  Axis axes[kMaxBroadcastRank];  // innermost first
  size_t count = 0, a_step = 1, b_step = 1, size = 1;
  for (size_t i = 0; i < rank; ++i) {  // from the innermost dimension outwards
    const size_t a_dim = i < a_rank ? a_shape[a_rank - 1 - i] : 1;
    const size_t b_dim = i < b_rank ? b_shape[b_rank - 1 - i] : 1;
    const size_t dim = a_dim == 1 ? b_dim : a_dim;
    const Axis axis = {dim, a_dim == 1 ? 0 : a_step, b_dim == 1 ? 0 : b_step};
    a_step *= a_dim;
    b_step *= b_dim;
    size *= dim;
    if (dim == 1) continue;
    if (count > 0 && Mergeable(axis, axes[count - 1])) {
      axes[count - 1].dim *= dim;
    } else {
      axes[count++] = axis;
    }
  }
  if (count == 0) axes[count++] = {1, 1, 1};
  BroadcastPlan plan = {};
  plan.rank = count;
  plan.size = size;
  for (size_t i = 0; i < count; ++i) {
    const Axis& axis = axes[count - 1 - i];
    plan.dims[i] = axis.dim;
    plan.a_strides[i] = axis.a_stride;
    plan.b_strides[i] = axis.b_stride;
  }
  return plan;
}

}  // namespace llm

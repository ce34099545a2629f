// out = op over some axes of x; x contiguous. Partial results in double precision, in an order that
// depends on the shape alone, so the bits do not depend on the number of threads.
#pragma once
#include "kernels/element_type.h"
#include "kernels/reduce/reduce_ops.h"
#include "kernels/reduce/reduce_plan.h"
#include "threading/pool.h"

namespace llm {

// out has plan.kept_size elements of `out_type`. Integers are stored by ECMAScript's ToInt32. A plan
// with no element to reduce gives the operation's identity (NaN for Mean).
void Reduce(ReduceOp op, ElementType type, const ReducePlan& plan, const void* x, void* out,
            ElementType out_type, Pool& pool);

}  // namespace llm

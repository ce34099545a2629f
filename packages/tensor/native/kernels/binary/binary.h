// out = op(a, b) with broadcasting. out is contiguous, of the plan's size; it may alias an operand
// of the same size and element width. Rows are split across the pool; each element is computed on
// its own, so the bits do not depend on the number of threads.
#pragma once
#include "kernels/binary/binary_ops.h"
#include "kernels/binary/broadcast_plan.h"
#include "threading/pool.h"

namespace llm {

// False where op does not exist for the element type.
bool HasBinary(BinaryOp op, ElementType type);

// Bytes of one element of the result: 1 for the comparisons and logical operations.
size_t OutWidthOf(BinaryOp op);

void Binary(BinaryOp op, ElementType type, const BroadcastPlan& plan, const void* a, const void* b,
            void* out, Pool& pool);

}  // namespace llm

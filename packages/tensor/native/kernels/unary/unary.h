// out[i] = op(x[i]). x and out are contiguous, of `count` elements, and may be the same buffer when
// their widths are equal. Split across the pool; bits do not depend on the number of threads.
#pragma once
#include "kernels/unary/unary_ops.h"
#include "threading/pool.h"

namespace llm {

// False where op does not exist for the element type.
bool HasUnary(UnaryOp op, ElementType type);

// Bytes of one element of the result: 1 for IsNan and its kin and LogicalNot.
size_t OutWidthOf(UnaryOp op);

void Unary(UnaryOp op, ElementType type, const void* x, void* out, size_t count, float p0, float p1,
           Pool& pool);

}  // namespace llm

// ArgMax, ArgMin: x is outer x axis x inner, out (int32) is outer x inner; axis >= 1.
#pragma once
#include "kernels/element_type.h"
#include "threading/pool.h"

namespace llm {

void ArgReduce(bool is_max, ElementType type, const void* x, int32_t* out, size_t outer, size_t axis,
               size_t inner, Pool& pool);

}  // namespace llm

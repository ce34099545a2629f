// Conversions between float32, int32 and bool as tfjs's: float to int32 by ECMAScript's ToInt32
// (NaN gives 0), anything to bool by x != 0.
#pragma once
#include "kernels/element_type.h"
#include "threading/pool.h"

namespace llm {

void Cast(const void* x, ElementType from, void* out, ElementType to, size_t count, Pool& pool);

}  // namespace llm

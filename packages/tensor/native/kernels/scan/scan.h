// Cumsum and Cumprod along the middle of x: outer x axis x inner, contiguous; out has the same shape.
// Each step is rounded to the element type, as tfjs does. Exclusive leaves the element itself out
// (the first result is 0, or 1); reverse starts from the end.
#pragma once
#include "kernels/element_type.h"
#include "threading/pool.h"

namespace llm {

struct ScanShape {
  size_t outer, axis, inner;
  bool is_product, is_exclusive, is_reverse;
};

void ScanF32(const float* x, float* out, const ScanShape& shape, Pool& pool);
void ScanI32(const int32_t* x, int32_t* out, const ScanShape& shape, Pool& pool);

}  // namespace llm

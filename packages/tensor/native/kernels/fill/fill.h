// out[i] = value, for elements of 1 or 4 bytes given by their bits.
#pragma once
#include <cstddef>
#include <cstdint>

#include "threading/pool.h"

namespace llm {

void Fill(void* out, size_t count, size_t width, uint32_t bits, Pool& pool);

// out[0] = start, out[i] = out[i - 1] + step: tfjs's Range and LinSpace, which round at each step.
void FillRunningF32(float* out, size_t count, double start, double step);
void FillRunningI32(int32_t* out, size_t count, double start, double step);

}  // namespace llm

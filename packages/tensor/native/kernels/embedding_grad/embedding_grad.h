// out[ids[i]][:] += dy[i][:] for i = 0, 1, ...: the gradient of an embedding's table, or its addition to a
// gradient that is there already. ids: count of them, each below the rows of out; dy: count x width.
// Each task owns some columns and goes through all ids in order: same bits for every thread count.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

void AddRows(const int32_t* ids, const float* dy, float* out, size_t count, size_t width, Pool& pool);

// The columns [begin, end) of the same.
LLM_SIMD_FUNCTION(void, AddRowsColumns,
                  (const int32_t* ids, const float* dy, float* out, size_t count, size_t width, size_t begin,
                   size_t end));

// out[0 .. n) = 0.
void FillZero(float* out, size_t n, Pool& pool);

}  // namespace llm

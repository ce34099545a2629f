// The k largest of each row, largest first, and where they were; of equals the earlier first.
// values, places: rows x k, contiguous. 1 <= k <= cols. Rows are split across the pool.
#pragma once
#include <cstddef>
#include <cstdint>

#include "threading/pool.h"

namespace llm {

void TopKF32(const float* x, float* values, int32_t* places, size_t rows, size_t cols, size_t k, Pool& pool);
void TopKI32(const int32_t* x, int32_t* values, int32_t* places, size_t rows, size_t cols, size_t k, Pool& pool);

}  // namespace llm

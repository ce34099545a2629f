// out[i][d] = indices[i] == d ? on : off. Elements given by their bits, 1 or 4 bytes wide; an index
// outside [0, depth) gives a row of `off`. Rows are split across the pool.
#pragma once
#include <cstddef>
#include <cstdint>

#include "threading/pool.h"

namespace llm {

struct OneHotValues {
  size_t width;
  uint32_t on, off;
};

void OneHot(const int32_t* indices, void* out, size_t count, size_t depth, const OneHotValues& values, Pool& pool);

}  // namespace llm

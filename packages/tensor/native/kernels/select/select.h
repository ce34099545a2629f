// out[i] = condition[i] == 1 ? a[i] : b[i], elements of 1 or 4 bytes; all contiguous, same size.
#pragma once
#include <cstddef>
#include <cstdint>

#include "threading/pool.h"

namespace llm {

void Select(const uint8_t* condition, const void* a, const void* b, void* out, size_t count,
            size_t width, Pool& pool);

}  // namespace llm

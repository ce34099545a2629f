// The runs of ArgMax and ArgMin. The first of equal elements wins. NaN never wins, except that a NaN
// in first place stays (tfjs compares with `>` only).
#pragma once
#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"

namespace llm {

struct ArgReduceRows {
  int32_t (*run)(const void* x, size_t count);  // count >= 1
  // Per column: if x[i] beats x[i + winner[i] * stride], where the current winner is, winner[i] = row.
  // `x` points at the column's first row; `row` rows below is the contender.
  void (*contend)(const void* x, size_t stride, int32_t row, int32_t* winner, size_t count);
};

// type: 0 float32, 1 int32, 2 bool.
LLM_SIMD_FUNCTION(ArgReduceRows, FindArgReduceRows, (bool is_max, int type));

}  // namespace llm

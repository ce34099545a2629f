// Reductions by tfjs's names. The numbers are part of the interface with
// src/backends/native/kernels/reduce.ts.
#pragma once
#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"

namespace llm {

enum class ReduceOp : int32_t { kSum = 0, kMean = 1, kProd = 2, kMax = 3, kMin = 4, kCount = 5 };

// Partial results are doubles: exact for the sums of int32 that tfjs itself gets exactly, and for
// float32 an error that does not grow with the length. Max and Min keep NaN, as tfjs does.
struct ReduceRows {
  double identity;
  double (*join)(double a, double b);
  // acc op x[0] op ... op x[count - 1], in an order that depends on count alone.
  double (*run)(double acc, const void* x, size_t count);
  // acc[i] = acc[i] op x[i]
  void (*accumulate)(double* acc, const void* x, size_t count);
};

// type: 0 float32, 1 int32, 2 bool (as unsigned bytes).
LLM_SIMD_FUNCTION(ReduceRows, FindReduceRows, (ReduceOp op, int type));

}  // namespace llm

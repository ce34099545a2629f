// Cross-entropy of rows of logits against labels.
//
//   loss[r] = log_sum_exp[r] - (1 - smoothing) logits[r][label] - smoothing mean(logits[r])
//
// 0 for a row whose label is ignored. logits: rows x V, packed. One pass over each row, in blocks that stay in the
// first-level cache, with a running maximum and sum; the gradient writes dlogits from the log-sum-exp in one pass. No
// other array of the vocabulary's size is made. Rows are independent: the same bits for every thread count.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

struct CrossEntropyArgs {
  const float* logits;
  const int32_t* labels;
  size_t rows, V;
  int32_t ignored;
  float smoothing;
};

LLM_SIMD_FUNCTION(void, CrossEntropyRow,
                  (const CrossEntropyArgs& args, size_t row, float* loss, float* log_sum_exp));
// dlogits of one row, times scale.
LLM_SIMD_FUNCTION(void, CrossEntropyGradRow,
                  (const CrossEntropyArgs& args, size_t row, float log_sum_exp, float scale, float* dlogits));

}  // namespace llm

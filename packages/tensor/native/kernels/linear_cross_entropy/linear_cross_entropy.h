// Cross-entropy of the logits hidden · weightᵀ without ever holding all of them: rows go through in chunks, whose
// logits become their gradients in place and are used up before the next chunk (Hsu et al. 2024, arXiv 2410.10989).
// Rows whose label is ignored cost nothing.
//
// hidden: rows x C. weight: V x C. labels: rows. Loss and gradients as in cross_entropy.h. The same bits for every
// thread count; the weight's gradient adds up chunk by chunk, so its last bits depend on the chunk's size.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"
#include "kernels/gemm_bf16/product.h"

namespace llm {

struct LinearCrossEntropy {
  size_t rows = 0, C = 0, V = 0;
  const float* hidden = nullptr;
  const float* weight = nullptr;
  const int32_t* labels = nullptr;  // 0 to V - 1, or `ignored`
  int32_t ignored = -100;
  float smoothing = 0;
  Precision precision = Precision::kFloat32;
  // Row r's gradient is multiplied by scales[r], or by `scale` when there are none.
  const float* scales = nullptr;
  float scale = 1;
  // What is wanted; nullptr: not.
  float* losses = nullptr;       // [rows]; 0 for ignored rows, as in what follows
  float* entropies = nullptr;    // [rows]: of softmax(logits), in nats
  float* hits = nullptr;         // [rows]: 1 where no logit is larger than the label's, else 0
  float* hidden_grad = nullptr;  // rows x C
  float* weight_grad = nullptr;  // V x C
};

// Elements of working memory for `count` rows that are not ignored.
size_t LinearCrossEntropyScratch(const LinearCrossEntropy& problem, size_t count);
// counted: the indices of the rows that are not ignored, in order.
void RunLinearCrossEntropy(const LinearCrossEntropy& problem, const size_t* counted, size_t count, float* scratch,
                           Pool& pool);

// Entropy of softmax(x), given log(sum(exp(x))), and 1 where no value is larger than x[label].
LLM_SIMD_FUNCTION(void, RowStatistics, (const float* x, size_t n, float log_sum_exp, size_t label, float* entropy,
                                        float* hit));

}  // namespace llm

// Scaled dot-product attention with grouped key/value heads, without the [T, S] score matrix: keys are taken
// in tiles and each row keeps its running maximum and sum (online softmax, Milakov and Gimelshein 2018,
// arXiv 1805.02867; Dao et al. 2022, arXiv 2205.14135).
//
//   out[b, t, h] = sum_j softmax_j(scale q[b, t, h] . k[b, j, h K / H]) v[b, j, h K / H]
//
// over the keys j < key_length that the query sees: j <= t + query_offset if causal, and mask[b, j] != 0. A query
// that sees none gives zeros. Layouts are [B, T, H, D] and [B, S, K, D], packed. All floats accumulate in float32.
//
// Work is cut by the problem's sizes only, and every sum has a fixed order: the same bits for every thread count.
// Reference: attention_test.cc.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

constexpr size_t kMaxHeadDim = 512;

struct AttentionProblem {
  size_t B, T, S, H, K, D;
  size_t key_length;   // keys in use, 1 <= key_length <= S
  bool is_causal;
  ptrdiff_t query_offset;
  float scale;
  const float* q;
  const float* k;
  const float* v;
  const float* mask_bias;  // [B, PaddedKeys()] with 0 for a visible key and -infinity for a hidden one, or nullptr

  size_t group() const { return H / K; }  // query heads that share one key head
  // Rows of one (batch, key head): query t of head g in the group is row t * group() + g.
  size_t rows() const { return T * group(); }
  // Keys and rows in a tile: a tile of D floats each fits the working buffers of a task.
  size_t tile() const { return D <= 128 ? 64 : D <= 256 ? 32 : 16; }
  size_t PaddedKeys() const { return (key_length + 63) / 64 * 64; }
};

// out [B, T, H, D]; log_sum_exp [B, H, T], of the scaled scores.
struct AttentionForwardArgs {
  AttentionProblem problem;
  float* out;
  float* log_sum_exp;
  size_t rows_per_task;
};

// Gradients of q, k and v from dy = d loss / d out.
struct AttentionBackwardArgs {
  AttentionProblem problem;
  const float* dy;
  const float* out;
  const float* log_sum_exp;
  float* dk;
  float* dv;
  float* dq_parts;      // [chunks, B, K, rows, padded D]: each chunk of keys sums its own share
  size_t chunks;
  size_t keys_per_chunk;
  float* dq;
};

void AttentionForward(const AttentionForwardArgs& args, Pool& pool);
// dq_parts must hold AttentionBackwardScratch() floats.
void AttentionBackward(const AttentionBackwardArgs& args, Pool& pool);
void PlanAttentionBackward(AttentionBackwardArgs* args);
size_t AttentionBackwardScratch(const AttentionBackwardArgs& args);

// One (batch, key head, block of rows).
LLM_SIMD_FUNCTION(void, AttentionForwardTask, (const AttentionForwardArgs& args, size_t task));
// One (batch, key head, chunk of keys).
LLM_SIMD_FUNCTION(void, AttentionBackwardTask, (const AttentionBackwardArgs& args, size_t task));
// dq of one (batch, query) from the chunks' shares.
LLM_SIMD_FUNCTION(void, AttentionReduceTask, (const AttentionBackwardArgs& args, size_t task));

}  // namespace llm

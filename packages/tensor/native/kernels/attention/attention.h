// Scaled dot-product attention with grouped key/value heads, without the [T, S] score matrix: keys are taken
// in tiles and each row keeps its running maximum and sum (online softmax, Milakov and Gimelshein 2018,
// arXiv 1805.02867; Dao et al. 2022, arXiv 2205.14135).
//
//   out[b, t, h] = sum_j softmax_j(scale q[b, t, h] . k[b, j, h K / H]) v[b, j, h K / H]
//
// over the keys j < key_length that the query sees: j <= t + query_offset if causal, nearer to it than the window, and
// mask[b, j] != 0. Biases are added to the scores, and with a soft cap, scores s become softcap tanh(s / softcap). A
// query that sees none gives zeros. Layouts are [B, T, H, D] and [B, S, K, D], packed. All floats accumulate in float32.
//
// Work is cut by the problem's sizes only, and every sum has a fixed order: the same bits for every thread count.
// Reference: attention_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>

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
  size_t window;   // |t + query_offset - j| < window; 0: no window
  float softcap;   // 0: none
  const float* q;
  const float* k;  // [B, S, K, D], or with `bits` rows of words instead of D floats
  const float* v;
  // Forward only, for caches. 0: keys and values are floats; 8 or 4: packed as in kv_cache/packed_rows.h.
  size_t bits;
  // Where keys lie in blocks of a pool [S, K, D]: key j of item b is row table[b, j / block] block + j % block. nullptr:
  // side by side.
  const int32_t* table;  // [B, table_columns]
  size_t table_columns, block;
  // Keys of each item, the queries being the last ones: instead of key_length, which is the most, and query_offset. No
  // mask and no bias then. nullptr: the same for all.
  const int32_t* lengths;  // [B]
  // Dropout of the softmax weights: weight j of row r of [B, H, T] is dropped when word r PaddedKeys() + j of the Philox
  // stream (seed, 1) is below the threshold, and scaled by dropout_scale when not. 0: no dropout.
  uint64_t dropout_seed;
  uint32_t dropout_threshold;
  float dropout_scale;
  const float* mask_bias;  // [B, PaddedKeys()] with 0 for a visible key and -infinity for a hidden one, or nullptr
  // Added to the scaled scores before the cap: [1 or B, 1 or H, T, key_length], or nullptr. A stride is 0 where one
  // bias serves all.
  const float* score_bias;
  size_t bias_batch_stride, bias_head_stride;

  // Inlined always: a shared copy could come from a file compiled for another processor.
  [[gnu::always_inline]] size_t group() const { return H / K; }  // query heads that share one key head
  // Rows of one (batch, key head): query t of head g in the group is row t * group() + g.
  [[gnu::always_inline]] size_t rows() const { return T * group(); }
  // Keys and rows in a tile: a tile of D floats each fits the working buffers of a task.
  [[gnu::always_inline]] size_t tile() const { return D <= 128 ? 64 : D <= 256 ? 32 : 16; }
  [[gnu::always_inline]] size_t PaddedKeys() const { return (key_length + 63) / 64 * 64; }
  [[gnu::always_inline]] size_t PaddedD() const { return (D + 15) / 16 * 16; }
};

// How the keys are cut: each chunk is a task of its own, and the chunks' results are added in order. More than one only
// when there are few heads and many keys, as in decoding.
struct KeyChunks {
  size_t count;
  size_t keys;  // in each, a multiple of tile()
};

// out [B, T, H, D]; log_sum_exp [B, H, T], of the scaled scores.
struct AttentionForwardArgs {
  AttentionProblem problem;
  float* out;
  float* log_sum_exp;
  KeyChunks chunks;
  size_t rows_per_task;
  float* parts;  // ScratchFloats(): a chunk's sums, largest score and total of each row; nullptr for one chunk

  [[gnu::always_inline]] size_t PartFloats() const { return problem.PaddedD() + 2; }
  [[gnu::always_inline]] size_t ScratchFloats() const {
    const AttentionProblem& p = problem;
    return chunks.count == 1 ? 0 : p.B * p.K * chunks.count * p.rows() * PartFloats();
  }
};

// Gradients of q, k and v from dy = d loss / d out.
struct AttentionBackwardArgs {
  AttentionProblem problem;
  const float* dy;
  const float* out;
  const float* log_sum_exp;
  float* dk;
  float* dv;
  float* dq;
  float* dbias;  // as score_bias, or nullptr; its heads are H
  KeyChunks chunks;
  float* dq_parts;  // ScratchFloats(), [chunks, B, K, rows, padded D]: each chunk's share of dq

  [[gnu::always_inline]] size_t ScratchFloats() const {
    const AttentionProblem& p = problem;
    return chunks.count * p.B * p.K * p.rows() * p.PaddedD();
  }
  // Whether the gradient of one bias gets a share from every batch item: then one task takes them all, in order.
  [[gnu::always_inline]] bool SharesBias() const {
    return dbias != nullptr && problem.bias_batch_stride == 0 && problem.B > 1;
  }
};

// Choose the cuts, from the sizes only. Call before ScratchFloats().
void PlanAttentionForward(AttentionForwardArgs* args);
void PlanAttentionBackward(AttentionBackwardArgs* args);

void AttentionForward(const AttentionForwardArgs& args, Pool& pool);
void AttentionBackward(const AttentionBackwardArgs& args, Pool& pool);

// What a task works in, one for each thread: too large for the stack that some systems give a thread.
constexpr size_t kAttentionWorkspaceBytes = 320 << 10;

// One (batch, key head, block of rows, chunk of keys).
LLM_SIMD_FUNCTION(void, AttentionForwardTask, (const AttentionForwardArgs& args, size_t task, void* workspace));
// Adds the chunks of one (batch, key head, row).
LLM_SIMD_FUNCTION(void, AttentionCombineTask, (const AttentionForwardArgs& args, size_t task));
// One (batch, key head, chunk of keys), or one (key head, chunk of keys) if SharesBias().
LLM_SIMD_FUNCTION(void, AttentionBackwardTask, (const AttentionBackwardArgs& args, size_t task, void* workspace));
// dq of one (batch, query) from the chunks' shares.
LLM_SIMD_FUNCTION(void, AttentionReduceTask, (const AttentionBackwardArgs& args, size_t task));

}  // namespace llm

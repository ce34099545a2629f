// What forward and backward share: which keys a row sees, and the packing of tiles. A packed tile has contiguous
// rows of `Dp` floats, D rounded up to whole vectors and filled with zeros. Include only from attention_*_simd.cc.
#pragma once

#include "kernels/attention/attention.h"
#include "simd/exp-inl.h"
#include "simd/math-inl.h"
#include "simd/micro_gemm-inl.h"
#include "simd/philox-inl.h"
#include "simd/shuffle-inl.h"

namespace llm {
namespace LLM_ISA {

constexpr size_t kMaxTile = 64;
constexpr size_t kTileFloats = 64 * 128;  // rows x padded D of the largest tile, for each class of D
constexpr size_t kRowsPerTrim = 12;       // a causal tile's products are cut to what such a block of rows sees
constexpr float kHidden = -1e30f;         // a maximum to start from: below every score, and finite

LLM_INLINE size_t RoundUp(size_t n) { return (n + kLanes - 1) / kLanes * kLanes; }
LLM_INLINE size_t Smaller(size_t a, size_t b) { return a < b ? a : b; }

// Row r of (b, key head) in q, dy or out.
LLM_INLINE size_t QueryOffset(const AttentionProblem& p, size_t b, size_t key_head, size_t row) {
  const size_t t = row / p.group(), g = row % p.group();
  return ((b * p.T + t) * p.H + key_head * p.group() + g) * p.D;
}
// The same row in [B, H, T].
LLM_INLINE size_t StatisticOffset(const AttentionProblem& p, size_t b, size_t key_head, size_t row) {
  const size_t t = row / p.group(), g = row % p.group();
  return (b * p.H + key_head * p.group() + g) * p.T + t;
}
// Row `key` of item b among all rows of keys, each of K heads.
LLM_INLINE size_t KeyRow(const AttentionProblem& p, size_t b, size_t key) {
  if (p.table == nullptr) return b * p.S + key;
  return static_cast<size_t>(p.table[b * p.table_columns + key / p.block]) * p.block + key % p.block;
}
LLM_INLINE size_t KeyOffset(const AttentionProblem& p, size_t b, size_t key_head, size_t key) {
  return (KeyRow(p, b, key) * p.K + key_head) * p.D;
}

// Row r sees (mask aside) the keys from HiddenKeys to below VisibleKeys. Both grow with the row.
LLM_INLINE size_t ClampKey(const AttentionProblem& p, ptrdiff_t key) {
  return key <= 0 ? 0 : Smaller(static_cast<size_t>(key), p.key_length);
}
LLM_INLINE size_t VisibleKeys(const AttentionProblem& p, size_t row) {
  const ptrdiff_t place = static_cast<ptrdiff_t>(row / p.group()) + p.query_offset;
  if (p.is_causal) return ClampKey(p, place + 1);
  return p.window == 0 ? p.key_length : ClampKey(p, place + static_cast<ptrdiff_t>(p.window));
}
LLM_INLINE size_t HiddenKeys(const AttentionProblem& p, size_t row) {
  const ptrdiff_t place = static_cast<ptrdiff_t>(row / p.group()) + p.query_offset;
  return p.window == 0 ? 0 : ClampKey(p, place - static_cast<ptrdiff_t>(p.window) + 1);
}
// The first row whose VisibleKeys is above key j; rows() or more when none is.
LLM_INLINE size_t FirstRowSeeing(const AttentionProblem& p, size_t key) {
  if (!p.is_causal && p.window == 0) return 0;
  const ptrdiff_t reach = p.is_causal ? 0 : static_cast<ptrdiff_t>(p.window) - 1;
  const ptrdiff_t t = static_cast<ptrdiff_t>(key) - p.query_offset - reach;
  return t <= 0 ? 0 : static_cast<size_t>(t) * p.group();
}
// Keys of the tile that starts at `first` and has `keys` that row r sees.
LLM_INLINE size_t VisibleInTile(const AttentionProblem& p, size_t row, size_t first, size_t keys) {
  const size_t visible = VisibleKeys(p, row);
  return visible <= first ? 0 : Smaller(visible - first, keys);
}

// Keys of the tile that row r is too far behind to see.
LLM_INLINE size_t HiddenInTile(const AttentionProblem& p, size_t row, size_t first, size_t keys) {
  const size_t hidden = HiddenKeys(p, row);
  return hidden <= first ? 0 : Smaller(hidden - first, keys);
}

// kLanes scores from lane j of a row, after cap and mask: -infinity for hidden keys. `hidden` and `seen` bound what the
// row sees of the tile.
LLM_INLINE F32 Capped(const AttentionProblem& p, F32 scores) {
  return p.softcap == 0.0f ? scores : Set(p.softcap) * Tanh(scores / Set(p.softcap));
}
LLM_INLINE F32 Hide(F32 scores, size_t j, size_t hidden, size_t seen, const float* bias) {
  const F32 none = Set(-__builtin_inff());
  if (bias != nullptr) scores = scores + Load(bias + j);
  if (j < hidden) scores = Select(FirstLanes(hidden - j), none, scores);
  if (j + kLanes > seen) scores = Select(FirstLanes(seen - j), scores, none);
  return scores;
}

// Row r of (b, key head) in the bias of the scores.
LLM_INLINE size_t ScoreBiasOffset(const AttentionProblem& p, size_t b, size_t key_head, size_t row) {
  const size_t t = row / p.group(), h = key_head * p.group() + row % p.group();
  return b * p.bias_batch_stride + h * p.bias_head_stride + t * p.key_length;
}
// The first `count` of a row, which has whole vectors in a tile of scores but not in the bias.
LLM_INLINE void AddScoreBias(const float* bias, size_t count, float* scores) {
  for (size_t j = 0; j < count; j += kLanes) {
    Store(scores + j, Load(scores + j) + LoadN(bias + j, Remaining(count - j)));
  }
}
LLM_INLINE void AddToScoreBias(const float* dscores, size_t count, float* dbias) {
  for (size_t j = 0; j < count; j += kLanes) {
    const size_t lanes = Remaining(count - j);
    StoreN(dbias + j, LoadN(dbias + j, lanes) + Load(dscores + j), lanes);
  }
}

LLM_INLINE void PackRow(const float* source, float factor, size_t D, size_t Dp, float* packed) {
  for (size_t d = 0; d < Dp; d += kLanes) Store(packed + d, Set(factor) * LoadN(source + d, Remaining(D - d)));
}

// rows [row, row + count) of x [B, T, H, D] times factor.
static void PackQueries(const AttentionProblem& p, const float* x, size_t b, size_t key_head, size_t row, size_t count,
                        float factor, float* packed) {
  const size_t Dp = RoundUp(p.D);
  for (size_t r = 0; r < count; ++r) {
    PackRow(x + QueryOffset(p, b, key_head, row + r), factor, p.D, Dp, packed + r * Dp);
  }
}

static void PackKeys(const AttentionProblem& p, const float* x, size_t b, size_t key_head, size_t first, size_t count,
                     float* packed) {
  const size_t Dp = RoundUp(p.D);
  for (size_t j = 0; j < count; ++j) {
    PackRow(x + KeyOffset(p, b, key_head, first + j), 1.0f, p.D, Dp, packed + j * Dp);
  }
}

// packed[d][j] of `tile` columns; columns from `count` to the next whole vector are zero.
static void PackKeysTransposed(const AttentionProblem& p, const float* x, size_t b, size_t key_head, size_t first,
                               size_t count, float* packed) {
  const size_t Dp = RoundUp(p.D);
  const size_t tile = p.tile();
  for (size_t j = 0; j < count; j += kLanes) {
    for (size_t d = 0; d < Dp; d += kLanes) {
      F32 block[kLanes];
#pragma GCC unroll 16
      for (size_t i = 0; i < kLanes; ++i) {
        block[i] = j + i < count
                       ? LoadN(x + KeyOffset(p, b, key_head, first + j + i) + d, Remaining(p.D - d))
                       : Zero();
      }
      TransposeBlock(block);
#pragma GCC unroll 16
      for (size_t i = 0; i < kLanes; ++i) Store(packed + (d + i) * tile + j, block[i]);
    }
  }
}

// scores[r][j] = rows[r] . keys[j] for the rows [begin, end) of a row tile that starts at `row`, cut to the keys that
// each block of rows sees. Columns are `tile` apart; whole vectors are written.
static void TileScores(const AttentionProblem& p, const float* rows, const float* keys_transposed, size_t row,
                       size_t begin, size_t end, size_t first, size_t keys, float* scores) {
  const size_t Dp = RoundUp(p.D);
  const size_t tile = p.tile();
  const bool is_whole = VisibleInTile(p, row + begin, first, keys) == keys;
  const size_t step = is_whole ? end - begin : kRowsPerTrim;
  for (size_t r = begin; r < end; r += step) {
    const size_t block_end = Smaller(r + step, end);
    const size_t seen = VisibleInTile(p, row + block_end - 1, first, keys);
    MicroGemm({rows + r * Dp, Dp, 1, keys_transposed, tile, scores + r * tile, tile, p.D}, block_end - r, RoundUp(seen),
              false);
  }
}

// sums[r] += weights[r] . values for the rows of TileScores: weights are zero past what a row sees. Rows of values are
// `value_row` apart.
static void TileProducts(const AttentionProblem& p, const float* weights, const float* values, size_t value_row,
                         size_t row, size_t begin, size_t end, size_t first, size_t keys, float* sums) {
  const size_t Dp = RoundUp(p.D);
  const size_t tile = p.tile();
  const bool is_whole = VisibleInTile(p, row + begin, first, keys) == keys;
  const size_t step = is_whole ? end - begin : kRowsPerTrim;
  for (size_t r = begin; r < end; r += step) {
    const size_t block_end = Smaller(r + step, end);
    const size_t seen = VisibleInTile(p, row + block_end - 1, first, keys);
    MicroGemm({weights + r * tile, tile, 1, values, value_row, sums + r * Dp, Dp, seen}, block_end - r, Dp, true);
  }
}

// The factors of dropout for the keys [first, first + count) of a row of [B, H, T]: 0 or dropout_scale. `first` is a
// multiple of a tile; factors has room for a whole tile.
static void DropoutFactors(const AttentionProblem& p, size_t statistic, size_t first, size_t count, float* factors) {
  constexpr uint32_t kStream = 1;  // as src/kernels/dropout.ts
  uint32_t words[kPhiloxWords];
  const U32 threshold = p.dropout_threshold + U32{};
  const uint64_t start = static_cast<uint64_t>(statistic) * p.PaddedKeys() + first;
  for (size_t i = 0; i < count; i += kPhiloxWords) {
    PhiloxWords(p.dropout_seed, (start + i) / 4, kStream, words);
    for (size_t j = 0; j < kPhiloxWords && i + j < count; j += kLanes) {
      U32 word;
      __builtin_memcpy(&word, words + j, sizeof(word));
      const I32 is_kept = word >= threshold;
      Store(factors + i + j, Select(is_kept, Set(p.dropout_scale), Zero()));
    }
  }
}

}  // namespace LLM_ISA
}  // namespace llm

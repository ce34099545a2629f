// Compiled once per instruction set (see simd/vec-inl.h).
#include <math.h>

#include "kernels/attention/tile-inl.h"

namespace llm::LLM_ISA {
namespace {

// The state of one tile of rows while the keys go by.
struct RowTile {
  size_t b, key_head, row, count;
  alignas(64) float queries[kTileFloats];  // scaled
  alignas(64) float sums[kTileFloats];
  alignas(64) float largest[kMaxTile];
  alignas(64) float total[kMaxTile];
};

struct KeyTile {
  size_t first, count;
  alignas(64) float keys_transposed[kTileFloats];
  alignas(64) float values[kTileFloats];
};

// Adds the mask and hides what lies beyond the `seen` keys; returns the largest score.
float HideAndFindLargest(float* scores, size_t seen, const float* bias) {
  F32 largest = Set(kHidden);
  for (size_t j = 0; j < seen; j += kLanes) {
    F32 s = Load(scores + j);
    if (bias != nullptr) s = s + Load(bias + j);
    if (j + kLanes > seen) s = Select(LanesBelow(j, seen), s, Set(-INFINITY));
    Store(scores + j, s);
    largest = Max(s, largest);
  }
  return LargestLane(largest);
}

// scores become e^(score - largest), zero up to the end of the tile; returns their sum.
float Exponentiate(float* scores, size_t seen, size_t tile, float largest) {
  F32 sum = Zero();
  size_t j = 0;
  for (; j < seen; j += kLanes) {
    const F32 weight = ExpNonPositive(Load(scores + j) - Set(largest));
    Store(scores + j, weight);
    sum = sum + weight;
  }
  for (; j < tile; j += kLanes) Store(scores + j, Zero());
  return SumOfLanes(sum);
}

// Takes a tile of keys into rows [begin, count).
void AddKeyTile(const AttentionProblem& p, const KeyTile& k, size_t begin, RowTile& rows) {
  alignas(64) float scores[kMaxTile * kMaxTile];
  alignas(64) float shrink[kMaxTile];
  const size_t Dp = RoundUp(p.D);
  const size_t tile = p.tile();
  TileScores(p, rows.queries, k.keys_transposed, rows.row, begin, rows.count, k.first, k.count, scores);
  const float* bias = p.mask_bias == nullptr ? nullptr : p.mask_bias + rows.b * p.PaddedKeys() + k.first;
  for (size_t r = begin; r < rows.count; ++r) {
    const size_t seen = VisibleInTile(p, rows.row + r, k.first, k.count);
    const float largest = HideAndFindLargest(scores + r * tile, seen, bias);
    shrink[r] = rows.largest[r] - (largest > rows.largest[r] ? largest : rows.largest[r]);
    rows.largest[r] -= shrink[r];
  }
  for (size_t r = begin / kLanes * kLanes; r < rows.count; r += kLanes) {
    Store(shrink + r, ExpNonPositive(Load(shrink + r)));
  }
  for (size_t r = begin; r < rows.count; ++r) {
    const size_t seen = VisibleInTile(p, rows.row + r, k.first, k.count);
    const float sum = Exponentiate(scores + r * tile, seen, tile, rows.largest[r]);
    rows.total[r] = rows.total[r] * shrink[r] + sum;
    if (shrink[r] == 1.0f) continue;
    float* sums = rows.sums + r * Dp;
    for (size_t d = 0; d < Dp; d += kLanes) Store(sums + d, Load(sums + d) * Set(shrink[r]));
  }
  TileProducts(p, scores, k.values, rows.row, begin, rows.count, k.first, k.count, rows.sums);
}

void WriteRows(const AttentionForwardArgs& args, const RowTile& rows) {
  const AttentionProblem& p = args.problem;
  const size_t Dp = RoundUp(p.D);
  for (size_t r = 0; r < rows.count; ++r) {
    const float total = rows.total[r];
    const F32 factor = Set(total > 0.0f ? 1.0f / total : total);  // a NaN stays one
    float* out = args.out + QueryOffset(p, rows.b, rows.key_head, rows.row + r);
    for (size_t d = 0; d < p.D; d += kLanes) {
      StoreN(out + d, factor * Load(rows.sums + r * Dp + d), Remaining(p.D - d));
    }
    const float log_sum_exp = total == 0.0f ? 0.0f : rows.largest[r] + logf(total);
    args.log_sum_exp[StatisticOffset(p, rows.b, rows.key_head, rows.row + r)] = log_sum_exp;
  }
}

void StartRows(const AttentionProblem& p, RowTile& rows) {
  const size_t Dp = RoundUp(p.D);
  PackQueries(p, p.q, rows.b, rows.key_head, rows.row, rows.count, p.scale, rows.queries);
  for (size_t i = 0; i < rows.count * Dp; i += kLanes) Store(rows.sums + i, Zero());
  for (size_t r = 0; r < kMaxTile; ++r) {
    rows.largest[r] = kHidden;
    rows.total[r] = 0.0f;
  }
}

}  // namespace

void AttentionForwardTask(const AttentionForwardArgs& args, size_t task) {
  const AttentionProblem& p = args.problem;
  const size_t blocks = (p.rows() + args.rows_per_task - 1) / args.rows_per_task;
  const size_t head = task / blocks;
  // The last rows of a causal problem see the most keys: they come first.
  const size_t begin = (blocks - 1 - task % blocks) * args.rows_per_task;
  const size_t end = Smaller(begin + args.rows_per_task, p.rows());
  const size_t tile = p.tile();
  constexpr size_t kMaxRowTiles = 2;
  RowTile rows[kMaxRowTiles];
  size_t row_tiles = 0;
  for (size_t row = begin; row < end; row += tile, ++row_tiles) {
    RowTile& next = rows[row_tiles];
    next.b = head / p.K;
    next.key_head = head % p.K;
    next.row = row;
    next.count = Smaller(tile, end - row);
    StartRows(p, next);
  }
  KeyTile keys;
  const size_t key_end = VisibleKeys(p, end - 1);
  for (keys.first = 0; keys.first < key_end; keys.first += tile) {
    keys.count = Smaller(tile, key_end - keys.first);
    PackKeysTransposed(p, p.k, head / p.K, head % p.K, keys.first, keys.count, keys.keys_transposed);
    PackKeys(p, p.v, head / p.K, head % p.K, keys.first, keys.count, keys.values);
    const size_t first_row = FirstRowSeeing(p, keys.first);
    for (size_t i = 0; i < row_tiles; ++i) {
      const size_t skipped = first_row <= rows[i].row ? 0 : first_row - rows[i].row;
      if (skipped < rows[i].count) AddKeyTile(p, keys, skipped, rows[i]);
    }
  }
  for (size_t i = 0; i < row_tiles; ++i) WriteRows(args, rows[i]);
}

}  // namespace llm::LLM_ISA

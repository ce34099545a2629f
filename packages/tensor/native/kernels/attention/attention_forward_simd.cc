// Compiled once per instruction set (see simd/vec-inl.h).
#include <math.h>

#include "kernels/attention/key_tile-inl.h"
#include "kernels/attention/narrow_scores-inl.h"
#include "kernels/attention/tile-inl.h"

namespace llm::LLM_ISA {
namespace {

constexpr size_t kMaxRowTiles = 2;

// The state of one tile of rows while the keys go by.
struct RowTile {
  size_t b, key_head, row, count;
  alignas(64) float queries[kTileFloats];  // scaled
  alignas(64) float sums[kTileFloats];
  alignas(64) float largest[kMaxTile];
  alignas(64) float total[kMaxTile];
};

// Caps and hides the scores of a row; returns the largest.
float HideAndFindLargest(const AttentionProblem& p, float* scores, size_t hidden, size_t seen, const float* bias) {
  F32 largest = Set(kHidden);
  for (size_t j = 0; j < seen; j += kLanes) {
    const F32 s = Hide(Capped(p, Load(scores + j)), j, hidden, seen, bias);
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
    const F32 weight = SoftmaxExp(Load(scores + j) - Set(largest));
    Store(scores + j, weight);
    sum = sum + weight;
  }
  for (; j < tile; j += kLanes) Store(scores + j, Zero());
  return SumOfLanes(sum);
}

// Drops weights of row r; their sum is that of all, as dropout comes after the softmax.
void DropWeights(const AttentionProblem& p, const RowTile& rows, size_t r, size_t first, size_t seen, float* weights) {
  alignas(64) float factors[kMaxTile];
  DropoutFactors(p, StatisticOffset(p, rows.b, rows.key_head, rows.row + r), first, seen, factors);
  for (size_t j = 0; j < seen; j += kLanes) Store(weights + j, Load(weights + j) * Load(factors + j));
}

struct Workspace {
  RowTile rows[kMaxRowTiles];
  KeyTile keys;
  alignas(64) float scores[kMaxTile * kMaxTile];
};
static_assert(sizeof(Workspace) <= kAttentionWorkspaceBytes, "the workspace is too small");

// Takes a tile of keys into rows [begin, count).
void AddKeyTile(const AttentionProblem& p, const KeyTile& k, size_t begin, RowTile& rows, float* scores) {
  alignas(64) float shrink[kMaxTile];
  const size_t Dp = RoundUp(p.D);
  const size_t tile = p.tile();
  if (k.keys != nullptr) {
    NarrowScores(p, rows.queries, rows.count, k.keys, k.value_row, k.count, scores);
  } else {
    TileScores(p, rows.queries, k.keys_transposed, rows.row, begin, rows.count, k.first, k.count, scores);
  }
  const float* bias = p.mask_bias == nullptr ? nullptr : p.mask_bias + rows.b * p.PaddedKeys() + k.first;
  for (size_t r = begin; r < rows.count; ++r) {
    const size_t seen = VisibleInTile(p, rows.row + r, k.first, k.count);
    const size_t hidden = HiddenInTile(p, rows.row + r, k.first, k.count);
    if (p.score_bias != nullptr) {
      const size_t offset = ScoreBiasOffset(p, rows.b, rows.key_head, rows.row + r);
      AddScoreBias(p.score_bias + offset + k.first, seen, scores + r * tile);
    }
    const float largest = HideAndFindLargest(p, scores + r * tile, hidden, seen, bias);
    const float before = rows.largest[r];
    if (largest > before) rows.largest[r] = largest;
    shrink[r] = before - rows.largest[r];
  }
  for (size_t r = begin / kLanes * kLanes; r < rows.count; r += kLanes) {
    Store(shrink + r, SoftmaxExp(Load(shrink + r)));
  }
  for (size_t r = begin; r < rows.count; ++r) {
    const size_t seen = VisibleInTile(p, rows.row + r, k.first, k.count);
    const float sum = Exponentiate(scores + r * tile, seen, tile, rows.largest[r]);
    rows.total[r] = rows.total[r] * shrink[r] + sum;
    if (p.dropout_threshold > 0) DropWeights(p, rows, r, k.first, seen, scores + r * tile);
    if (shrink[r] == 1.0f) continue;
    float* sums = rows.sums + r * Dp;
    for (size_t d = 0; d < Dp; d += kLanes) Store(sums + d, Load(sums + d) * Set(shrink[r]));
  }
  TileProducts(p, scores, k.values, k.value_row, rows.row, begin, rows.count, k.first, k.count, rows.sums);
}

// One row of the output from its sums of weights and weighted values.
void WriteRow(const AttentionForwardArgs& args, size_t head, size_t row, const float* sums, float largest, float total) {
  const AttentionProblem& p = args.problem;
  const F32 factor = Set(total == 0.0f ? 0.0f : 1.0f / total);
  float* out = args.out + QueryOffset(p, head / p.K, head % p.K, row);
  for (size_t d = 0; d < p.D; d += kLanes) StoreN(out + d, factor * Load(sums + d), Remaining(p.D - d));
  args.log_sum_exp[StatisticOffset(p, head / p.K, head % p.K, row)] = total == 0.0f ? 0.0f : largest + logf(total);
}

float* PartOfRow(const AttentionForwardArgs& args, size_t head, size_t chunk, size_t row) {
  return args.parts + ((head * args.chunks.count + chunk) * args.problem.rows() + row) * args.PartFloats();
}

void WriteTile(const AttentionForwardArgs& args, size_t chunk, const RowTile& rows) {
  const AttentionProblem& p = args.problem;
  const size_t head = rows.b * p.K + rows.key_head;
  const size_t Dp = RoundUp(p.D);
  for (size_t r = 0; r < rows.count; ++r) {
    const float* sums = rows.sums + r * Dp;
    if (args.chunks.count == 1) {
      WriteRow(args, head, rows.row + r, sums, rows.largest[r], rows.total[r]);
      continue;
    }
    float* part = PartOfRow(args, head, chunk, rows.row + r);
    part[0] = rows.largest[r];
    part[1] = rows.total[r];
    for (size_t d = 0; d < Dp; d += kLanes) Store(part + 2 + d, Load(sums + d));
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

AttentionProblem ProblemOfItem(const AttentionProblem& p, size_t b) {
  AttentionProblem own = p;
  if (p.lengths == nullptr) return own;
  own.key_length = static_cast<size_t>(p.lengths[b]);
  own.query_offset = static_cast<ptrdiff_t>(own.key_length) - static_cast<ptrdiff_t>(p.T);
  return own;
}

}  // namespace

void AttentionForwardTask(const AttentionForwardArgs& args, size_t task, void* workspace) {
  const size_t tile = args.problem.tile();
  const size_t blocks = (args.problem.rows() + args.rows_per_task - 1) / args.rows_per_task;
  const size_t chunk = task % args.chunks.count;
  const size_t head = task / args.chunks.count / blocks;
  const AttentionProblem p = ProblemOfItem(args.problem, head / args.problem.K);
  // The last rows of a causal problem see the most keys: they come first.
  const size_t begin = (blocks - 1 - task / args.chunks.count % blocks) * args.rows_per_task;
  const size_t end = Smaller(begin + args.rows_per_task, p.rows());
  const bool is_narrow = end - begin <= kNarrowRows && p.D % kLanes == 0;
  Workspace& work = *static_cast<Workspace*>(workspace);
  RowTile* rows = work.rows;
  KeyTile& keys = work.keys;
  size_t row_tiles = 0;
  for (size_t row = begin; row < end; row += tile, ++row_tiles) {
    RowTile& next = rows[row_tiles];
    next.b = head / p.K;
    next.key_head = head % p.K;
    next.row = row;
    next.count = Smaller(tile, end - row);
    StartRows(p, next);
  }
  const size_t key_end = Smaller(VisibleKeys(p, end - 1), (chunk + 1) * args.chunks.keys);
  const size_t key_begin = HiddenKeys(p, begin) / tile * tile;
  keys.first = chunk * args.chunks.keys;
  if (keys.first < key_begin) keys.first = key_begin;
  for (; keys.first < key_end; keys.first += tile) {
    keys.count = Smaller(tile, key_end - keys.first);
    LoadKeyTile(p, head, is_narrow, &keys);
    const size_t first_row = FirstRowSeeing(p, keys.first);
    for (size_t i = 0; i < row_tiles; ++i) {
      const size_t skipped = first_row <= rows[i].row ? 0 : first_row - rows[i].row;
      const bool is_past = HiddenKeys(p, rows[i].row) >= keys.first + keys.count;
      if (skipped < rows[i].count && !is_past) AddKeyTile(p, keys, skipped, rows[i], work.scores);
    }
  }
  for (size_t i = 0; i < row_tiles; ++i) WriteTile(args, chunk, rows[i]);
}

void AttentionCombineTask(const AttentionForwardArgs& args, size_t task) {
  const AttentionProblem& p = args.problem;
  const size_t head = task / p.rows(), row = task % p.rows();
  const size_t Dp = RoundUp(p.D);
  float largest = kHidden, total = 0.0f;
  for (size_t chunk = 0; chunk < args.chunks.count; ++chunk) {
    const float* part = PartOfRow(args, head, chunk, row);
    if (part[0] > largest) largest = part[0];
  }
  alignas(64) float sums[kMaxHeadDim];
  for (size_t d = 0; d < Dp; d += kLanes) Store(sums + d, Zero());
  for (size_t chunk = 0; chunk < args.chunks.count; ++chunk) {
    const float* part = PartOfRow(args, head, chunk, row);
    const F32 shrink = SoftmaxExp(Set(part[0] - largest));
    total += part[1] * shrink[0];
    for (size_t d = 0; d < Dp; d += kLanes) Store(sums + d, Fma(Load(part + 2 + d), shrink, Load(sums + d)));
  }
  WriteRow(args, head, row, sums, largest, total);
}

}  // namespace llm::LLM_ISA

// Compiled once per instruction set (see simd/vec-inl.h).
#include <math.h>

#include "kernels/attention/tile-inl.h"
#include "kernels/kv_cache/packed_rows-inl.h"

namespace llm::LLM_ISA {
namespace {

constexpr size_t kMaxRowTiles = 2;
// Up to so many rows, packing the keys costs more than it saves (decoding: one query of a few heads).
constexpr size_t kNarrowRows = 6;

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
  const float* keys;  // rows value_row apart, or nullptr: then keys_transposed holds them
  const float* values;
  size_t value_row;
  alignas(64) float keys_transposed[kTileFloats];
  alignas(64) float packed_values[kTileFloats];
  alignas(64) float unpacked_keys[kTileFloats];  // of a cache of few bits
};

constexpr size_t kRowsAhead = 64;  // short rows of one head lie apart, which the hardware does not foresee

// Keys of one head as floats, rows of Dp, zero past D.
template <size_t kBits>
void UnpackKeysOf(const AttentionProblem& p, const float* words, size_t head, size_t first, size_t count, float* out) {
  const PackedRowFormat format = PackedRowFormat::Of(p.D, kBits);
  const size_t Dp = RoundUp(p.D), b = head / p.K, key_head = head % p.K;
  for (size_t j = 0; j < count; ++j) {
    const size_t later = Smaller(first + j + kRowsAhead, p.key_length - 1);
    const float* ahead = words + (KeyRow(p, b, later) * p.K + key_head) * format.words;
    __builtin_prefetch(ahead);
    __builtin_prefetch(ahead + format.words - 1);
    const size_t row = KeyRow(p, b, first + j) * p.K + key_head;
    UnpackWords<kBits>(format, reinterpret_cast<const uint32_t*>(words) + row * format.words, out + j * Dp);
    for (size_t d = p.D; d < Dp; ++d) out[j * Dp + d] = 0.0f;
  }
}

void UnpackKeys(const AttentionProblem& p, const float* words, size_t head, size_t first, size_t count, float* out) {
  p.bits == 8 ? UnpackKeysOf<8>(p, words, head, first, count, out) : UnpackKeysOf<4>(p, words, head, first, count, out);
}

// Keys that lie as [count, Dp] side by side, as a problem of their own for PackKeysTransposed.
AttentionProblem Unpacked(const AttentionProblem& p, size_t count) {
  AttentionProblem own = p;
  own.S = count, own.K = 1, own.D = RoundUp(p.D), own.table = nullptr;
  return own;
}

// A few keys as rows: where they lie if that is possible, else copied.
void LoadRowsOfKeys(const AttentionProblem& p, size_t head, KeyTile* k) {
  const size_t b = head / p.K, key_head = head % p.K;
  const bool is_in_place = p.bits == 0 && p.table == nullptr;
  k->value_row = is_in_place ? p.K * p.D : RoundUp(p.D);
  k->keys = is_in_place ? p.k + KeyOffset(p, b, key_head, k->first) : k->unpacked_keys;
  k->values = is_in_place ? p.v + KeyOffset(p, b, key_head, k->first) : k->packed_values;
  if (is_in_place) return;
  if (p.bits == 0) {
    PackKeys(p, p.k, b, key_head, k->first, k->count, k->unpacked_keys);
    PackKeys(p, p.v, b, key_head, k->first, k->count, k->packed_values);
  } else {
    UnpackKeys(p, p.k, head, k->first, k->count, k->unpacked_keys);
    UnpackKeys(p, p.v, head, k->first, k->count, k->packed_values);
  }
}

void LoadKeyTile(const AttentionProblem& p, size_t head, bool is_narrow, KeyTile* k) {
  if (is_narrow) return LoadRowsOfKeys(p, head, k);
  const size_t b = head / p.K, key_head = head % p.K;
  k->keys = nullptr;
  k->values = k->packed_values;
  k->value_row = RoundUp(p.D);
  if (p.bits == 0) {
    PackKeysTransposed(p, p.k, b, key_head, k->first, k->count, k->keys_transposed);
    PackKeys(p, p.v, b, key_head, k->first, k->count, k->packed_values);
  } else {
    UnpackKeys(p, p.k, head, k->first, k->count, k->unpacked_keys);
    PackKeysTransposed(Unpacked(p, k->count), k->unpacked_keys, 0, 0, 0, k->count, k->keys_transposed);
    UnpackKeys(p, p.v, head, k->first, k->count, k->packed_values);
  }
}

constexpr size_t kKeysAtOnce = 4;

// products[r][i] = rows[r] * keys[i], vector by vector, for kKeysAtOnce keys: each that is loaded serves all rows.
template <size_t kRows>
LLM_INLINE void KeyProducts(const float* rows, size_t D, const float* keys, size_t key_row, F32 (*products)[kLanes]) {
  F32 sums[kRows][kKeysAtOnce];
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kKeysAtOnce; ++i) sums[r][i] = Zero();
  }
  for (size_t d = 0; d < D; d += kLanes) {
    F32 key[kKeysAtOnce];
#pragma GCC unroll 8
    for (size_t i = 0; i < kKeysAtOnce; ++i) key[i] = Load(keys + i * key_row + d);
#pragma GCC unroll 8
    for (size_t r = 0; r < kRows; ++r) {
      const F32 query = Load(rows + r * D + d);
#pragma GCC unroll 8
      for (size_t i = 0; i < kKeysAtOnce; ++i) sums[r][i] = Fma(query, key[i], sums[r][i]);
    }
  }
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kKeysAtOnce; ++i) products[r][i] = sums[r][i];
  }
}

// Scores of whole blocks of kLanes keys.
template <size_t kRows>
void BlockScores(const AttentionProblem& p, const float* rows, const float* keys, size_t key_row, size_t key_count,
                 float* scores) {
  for (size_t j = 0; j < key_count; j += kLanes) {
    F32 products[kRows][kLanes];
    for (size_t i = 0; i < kLanes; i += kKeysAtOnce) {
      F32(*own)[kLanes] = reinterpret_cast<F32(*)[kLanes]>(&products[0][i]);
      KeyProducts<kRows>(rows, p.D, keys + (j + i) * key_row, key_row, own);
    }
    for (size_t r = 0; r < kRows; ++r) Store(scores + r * p.tile() + j, SumOfEachRow(products[r]));
  }
}

// TileScores for few rows, with keys as rows: dot products of whole vectors, past what a row sees too. The last block of
// a tile that is not whole is read from a copy, as there may be no memory behind it.
void NarrowScores(const AttentionProblem& p, const float* rows, size_t count, const float* keys, size_t key_row,
                  size_t key_count, float* scores) {
  constexpr void (*kScores[])(const AttentionProblem&, const float*, const float*, size_t, size_t, float*) = {
      nullptr, BlockScores<1>, BlockScores<2>, BlockScores<3>, BlockScores<4>, BlockScores<5>, BlockScores<6>};
  static_assert(kNarrowRows == 6, "a function for each number of rows");
  const size_t whole = key_count / kLanes * kLanes;
  kScores[count](p, rows, keys, key_row, whole, scores);
  if (whole == key_count) return;
  alignas(64) float rest[kLanes * kMaxHeadDim];
  for (size_t i = 0; i < kLanes; ++i) {
    const float* key = keys + Smaller(whole + i, key_count - 1) * key_row;
    for (size_t d = 0; d < p.D; d += kLanes) Store(rest + i * p.D + d, Load(key + d));
  }
  kScores[count](p, rows, rest, p.D, kLanes, scores + whole);
}

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

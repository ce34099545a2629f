// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/attention/tile-inl.h"

namespace llm::LLM_ISA {
namespace {

struct KeyTile {
  size_t b, key_head, first, count;
  alignas(64) float keys[kTileFloats];
  alignas(64) float keys_transposed[kTileFloats];
  alignas(64) float values_transposed[kTileFloats];
  alignas(64) float dkeys[kTileFloats];
  alignas(64) float dvalues[kTileFloats];
};

struct RowTile {
  size_t row, begin, count;  // rows [begin, count) of the tile see the keys
  alignas(64) float queries[kTileFloats];  // scaled
  alignas(64) float dy[kTileFloats];
  alignas(64) float weights[kMaxTile * kMaxTile];
  alignas(64) float dscores[kMaxTile * kMaxTile];
  float log_sum_exp[kMaxTile];
  float out_dots[kMaxTile];  // out . dy of each row
};

struct Workspace {
  KeyTile keys;
  RowTile rows;
};
static_assert(sizeof(Workspace) <= kAttentionWorkspaceBytes, "the workspace is too small");

void LoadRows(const AttentionBackwardArgs& args, const KeyTile& k, RowTile& rows) {
  const AttentionProblem& p = args.problem;
  const size_t Dp = RoundUp(p.D);
  PackQueries(p, p.q, k.b, k.key_head, rows.row, rows.count, p.scale, rows.queries);
  PackQueries(p, args.dy, k.b, k.key_head, rows.row, rows.count, 1.0f, rows.dy);
  for (size_t r = rows.begin; r < rows.count; ++r) {
    const float* out = args.out + QueryOffset(p, k.b, k.key_head, rows.row + r);
    F32 dot = Zero();
    for (size_t d = 0; d < p.D; d += kLanes) {
      dot = Fma(LoadN(out + d, Remaining(p.D - d)), Load(rows.dy + r * Dp + d), dot);
    }
    rows.out_dots[r] = SumOfLanes(dot);
    rows.log_sum_exp[r] = args.log_sum_exp[StatisticOffset(p, k.b, k.key_head, rows.row + r)];
  }
}

// What one row needs beside its scores and the gradients of its weights.
struct RowContext {
  size_t hidden, seen, tile;
  const float* bias;     // of the mask, or nullptr
  const float* factors;  // of dropout, or nullptr
  float log_sum_exp, out_dot;
};

// Scores become the softmax weights (after dropout), and the gradients of those weights the gradients of the scores.
void WeightsAndDscores(const AttentionProblem& p, const RowContext& row, float* scores, float* dweights) {
  size_t j = 0;
  for (; j < row.seen; j += kLanes) {
    const F32 capped = Capped(p, Load(scores + j));
    const F32 weight = SoftmaxExp(Hide(capped - Set(row.log_sum_exp), j, row.hidden, row.seen, row.bias));
    const F32 factor = row.factors == nullptr ? Set(1.0f) : Load(row.factors + j);
    F32 dscore = weight * (Load(dweights + j) * factor - Set(row.out_dot));
    if (p.softcap != 0.0f) {
      const F32 tanh = capped / Set(p.softcap);
      dscore = dscore * (Set(1.0f) - tanh * tanh);
    }
    Store(scores + j, weight * factor);
    Store(dweights + j, dscore);
  }
  for (; j < row.tile; j += kLanes) {
    Store(scores + j, Zero());
    Store(dweights + j, Zero());
  }
}

// sums[j] += sum over the rows that see key j of weights[r][j] rows[r]
void AddTransposedProducts(const AttentionProblem& p, const KeyTile& k, const RowTile& rows, const float* weights,
                           const float* vectors, float* sums) {
  const size_t Dp = RoundUp(p.D);
  const size_t tile = p.tile();
  const bool is_whole = VisibleInTile(p, rows.row + rows.begin, k.first, k.count) == k.count;
  const size_t step = is_whole ? k.count : kRowsPerTrim;
  for (size_t j = 0; j < k.count; j += step) {
    const size_t first_row = FirstRowSeeing(p, k.first + j);
    size_t begin = first_row <= rows.row ? 0 : first_row - rows.row;
    if (begin < rows.begin) begin = rows.begin;
    if (begin >= rows.count) continue;
    const size_t block = Smaller(step, k.count - j);
    MicroGemm({weights + begin * tile + j, 1, tile, vectors + begin * Dp, Dp, sums + j * Dp, Dp, rows.count - begin},
              block, Dp, true);
  }
}

void AddRowTile(const AttentionBackwardArgs& args, KeyTile& k, RowTile& rows, float* dq) {
  const AttentionProblem& p = args.problem;
  const size_t tile = p.tile();
  LoadRows(args, k, rows);
  TileScores(p, rows.queries, k.keys_transposed, rows.row, rows.begin, rows.count, k.first, k.count, rows.weights);
  TileScores(p, rows.dy, k.values_transposed, rows.row, rows.begin, rows.count, k.first, k.count, rows.dscores);
  const float* bias = p.mask_bias == nullptr ? nullptr : p.mask_bias + k.b * p.PaddedKeys() + k.first;
  alignas(64) float factors[kMaxTile];
  const bool has_dropout = p.dropout_threshold > 0;
  for (size_t r = rows.begin; r < rows.count; ++r) {
    const size_t seen = VisibleInTile(p, rows.row + r, k.first, k.count);
    if (has_dropout) DropoutFactors(p, StatisticOffset(p, k.b, k.key_head, rows.row + r), k.first, seen, factors);
    const size_t hidden = HiddenInTile(p, rows.row + r, k.first, k.count);
    const RowContext row{hidden, seen, tile, bias, has_dropout ? factors : nullptr, rows.log_sum_exp[r], rows.out_dots[r]};
    const size_t score_bias = ScoreBiasOffset(p, k.b, k.key_head, rows.row + r) + k.first;
    if (p.score_bias != nullptr) AddScoreBias(p.score_bias + score_bias, seen, rows.weights + r * tile);
    WeightsAndDscores(p, row, rows.weights + r * tile, rows.dscores + r * tile);
    if (args.dbias != nullptr) AddToScoreBias(rows.dscores + r * tile, seen, args.dbias + score_bias);
  }
  AddTransposedProducts(p, k, rows, rows.weights, rows.dy, k.dvalues);
  AddTransposedProducts(p, k, rows, rows.dscores, rows.queries, k.dkeys);
  TileProducts(p, rows.dscores, k.keys, RoundUp(p.D), rows.row, rows.begin, rows.count, k.first, k.count,
               dq + rows.row * RoundUp(p.D));
}

void StartKeys(const AttentionProblem& p, KeyTile& k) {
  PackKeys(p, p.k, k.b, k.key_head, k.first, k.count, k.keys);
  PackKeysTransposed(p, p.k, k.b, k.key_head, k.first, k.count, k.keys_transposed);
  PackKeysTransposed(p, p.v, k.b, k.key_head, k.first, k.count, k.values_transposed);
  const size_t floats = k.count * RoundUp(p.D);
  for (size_t i = 0; i < floats; i += kLanes) {
    Store(k.dkeys + i, Zero());
    Store(k.dvalues + i, Zero());
  }
}

void WriteKeys(const AttentionBackwardArgs& args, const KeyTile& k) {
  const AttentionProblem& p = args.problem;
  const size_t Dp = RoundUp(p.D);
  for (size_t j = 0; j < k.count; ++j) {
    const size_t offset = KeyOffset(p, k.b, k.key_head, k.first + j);
    for (size_t d = 0; d < p.D; d += kLanes) {
      StoreN(args.dk + offset + d, Load(k.dkeys + j * Dp + d), Remaining(p.D - d));
      StoreN(args.dv + offset + d, Load(k.dvalues + j * Dp + d), Remaining(p.D - d));
    }
  }
}

void RunHead(const AttentionBackwardArgs& args, size_t head, size_t chunk, void* workspace) {
  const AttentionProblem& p = args.problem;
  const size_t tile = p.tile();
  const size_t part = p.rows() * RoundUp(p.D);
  float* dq = args.dq_parts + (chunk * p.B * p.K + head) * part;
  for (size_t i = 0; i < part; i += kLanes) Store(dq + i, Zero());
  Workspace& work = *static_cast<Workspace*>(workspace);
  KeyTile& keys = work.keys;
  RowTile& rows = work.rows;
  keys.b = head / p.K;
  keys.key_head = head % p.K;
  const size_t end = Smaller((chunk + 1) * args.chunks.keys, p.key_length);
  for (keys.first = chunk * args.chunks.keys; keys.first < end; keys.first += tile) {
    keys.count = Smaller(tile, end - keys.first);
    StartKeys(p, keys);
    const size_t first_row = FirstRowSeeing(p, keys.first);
    for (rows.row = first_row / tile * tile; rows.row < p.rows(); rows.row += tile) {
      if (HiddenKeys(p, rows.row) >= keys.first + keys.count) break;  // these and all later rows are past the keys
      rows.begin = first_row <= rows.row ? 0 : first_row - rows.row;
      rows.count = Smaller(tile, p.rows() - rows.row);
      AddRowTile(args, keys, rows, dq);
    }
    WriteKeys(args, keys);
  }
}

}  // namespace

void AttentionBackwardTask(const AttentionBackwardArgs& args, size_t task, void* workspace) {
  const AttentionProblem& p = args.problem;
  const size_t chunk = task % args.chunks.count;
  const size_t head = task / args.chunks.count;
  if (!args.SharesBias()) return RunHead(args, head, chunk, workspace);
  for (size_t b = 0; b < p.B; ++b) RunHead(args, b * p.K + head, chunk, workspace);
}

void AttentionReduceTask(const AttentionBackwardArgs& args, size_t task) {
  const AttentionProblem& p = args.problem;
  const size_t b = task / p.T, t = task % p.T;
  const size_t Dp = RoundUp(p.D);
  const size_t stride = p.B * p.K * p.rows() * Dp;
  for (size_t h = 0; h < p.H; ++h) {
    const size_t row = t * p.group() + h % p.group();
    const float* part = args.dq_parts + ((b * p.K + h / p.group()) * p.rows() + row) * Dp;
    float* dq = args.dq + ((b * p.T + t) * p.H + h) * p.D;
    for (size_t d = 0; d < p.D; d += kLanes) {
      F32 sum = Load(part + d);
      for (size_t chunk = 1; chunk < args.chunks.count; ++chunk) sum = sum + Load(part + chunk * stride + d);
      StoreN(dq + d, sum * Set(p.scale), Remaining(p.D - d));
    }
  }
}

}  // namespace llm::LLM_ISA

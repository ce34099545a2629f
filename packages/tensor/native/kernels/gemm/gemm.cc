#include "kernels/gemm/gemm.h"

#include <algorithm>

#include "kernels/gemm/packed_gemm.h"

namespace llm {
namespace {

// Up to here a product with rows of B that lie whole is faster without packing all of B.
constexpr size_t kThinMaxRows = 16;
constexpr double kBatchParallelFlops = 16e6;   // larger items are cut themselves
constexpr double kBatchTaskFlops = 100e3;

double FlopsOf(const Gemm& g) { return 2.0 * static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k); }

bool IsThin(const Gemm& g) {
  const bool is_dot = g.b_k == 1 && g.a_k == 1;
  if (g.m > kGemvMaxRows) return is_dot && g.m <= kThinMaxRows;
  return is_dot || g.b_column == 1;
}

// Columns of a thin product that make a task: 256 KiB of B, as two threads that take turns on short runs read slower.
size_t ThinGrain(const Gemm& g) {
  const size_t columns = 64 * 1024 / (g.k + 1) + 1;
  return RoundUp(columns, 64);
}

void RunThin(const Gemm& g, Pool& pool) {
  auto* dot = GemvDotForCpu();
  auto* axpy = GemvAxpyForCpu();
  auto* activate = GemmActivateForCpu();
  pool.ForRange(g.n, ThinGrain(g), [&](size_t begin, size_t end) {
    if (g.b_k == 1 && g.a_k == 1) {
      dot(g.m, begin, end, g.k, g.a, g.a_row, g.b, g.b_column, g.c, g.c_row, g.accumulate, g.bias);
    } else {
      axpy(g.m, begin, end, g.k, g.a, g.a_row, g.a_k, g.b, g.b_k, g.c, g.c_row, g.accumulate, g.bias);
    }
    if (g.activation != Activation::kNone) activate(g.c + begin, g.c_row, g.m, end - begin, g.activation, g.alpha);
  });
}

// k = 0: the empty sum.
void RunEmpty(const Gemm& g) {
  for (size_t i = 0; i < g.m; ++i) {
    for (size_t j = 0; j < g.n && !g.accumulate; ++j) g.c[i * g.c_row + j] = g.bias != nullptr ? g.bias[j] : 0.0f;
  }
  GemmActivateForCpu()(g.c, g.c_row, g.m, g.n, g.activation, g.alpha);
}

void PackFloatA(const GemmOperand& a, size_t first, size_t count, size_t k, size_t depth, float* packed,
                size_t panel_stride) {
  const float* source = static_cast<const float*>(a.source) + first * a.outer_stride + k * a.k_stride;
  GemmPackAForCpu()(source, a.outer_stride, a.k_stride, count, depth, packed, panel_stride);
}

void PackFloatB(const GemmOperand& b, size_t first, size_t count, size_t k, size_t depth, float* packed,
                size_t panel_stride) {
  const float* source = static_cast<const float*>(b.source) + first * b.outer_stride + k * b.k_stride;
  GemmPackBForCpu()(source, b.outer_stride, b.k_stride, count, depth, packed, panel_stride);
}

void ActivatePart(const void* context, float* c, size_t, size_t, size_t rows, size_t columns) {
  const Gemm& g = *static_cast<const Gemm*>(context);
  GemmActivateForCpu()(c, g.c_row, rows, columns, g.activation, g.alpha);
}

// `g` must outlive the result.
PackedGemm PackedGemmOf(const Gemm& g) {
  const GemmTile tile = GemmTileSizeForCpu()();
  PackedGemm packed;
  packed.a = {PackFloatA, g.a, g.a_row, g.a_k, g.m, tile.rows, sizeof(float)};
  packed.b = {PackFloatB, g.b, g.b_column, g.b_k, g.n, tile.columns, sizeof(float)};
  packed.k = g.k;
  packed.is_b_by_column = g.b_k == 1 && g.b_column != 1;
  packed.c = g.c;
  packed.c_row = g.c_row;
  packed.accumulate = g.accumulate;
  packed.bias = g.bias;
  packed.block = GemmBlockForCpu();
  if (g.activation != Activation::kNone) packed.finish = ActivatePart;
  packed.finish_context = &g;
  return packed;
}

// A serial product in a task has a part of the thread's workspace for its scratch.
size_t WorkspaceOf(const Gemm& g) { return IsThin(g) ? 0 : RoundUp(PackedGemmWorkspace(PackedGemmOf(g)), 16); }

bool IsBatchParallel(const GemmBatch& batch) {
  const Gemm& item = batch.item;
  if (batch.count <= 1 || item.m == 0 || item.n == 0 || item.k == 0 || FlopsOf(item) >= kBatchParallelFlops) return false;
  return WorkspaceOf(item) + GemmScratch(item) <= Pool::kWorkspaceFloats;
}

Gemm ItemOf(const GemmBatch& batch, size_t i) {
  Gemm item = batch.item;
  item.a += batch.a_offsets[i];
  item.b += batch.b_offsets[i];
  item.c += i * batch.c_stride;
  return item;
}

}  // namespace

size_t GemmScratch(const Gemm& g) {
  if (g.m == 0 || g.n == 0 || g.k == 0 || IsThin(g)) return 0;
  return PackedGemmScratch(PackedGemmOf(g));
}

void RunGemm(const Gemm& g, float* scratch, Pool& pool) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return RunEmpty(g);
  if (IsThin(g)) return RunThin(g, pool);
  RunPackedGemm(PackedGemmOf(g), scratch, pool);
}

size_t GemmBatchScratch(const GemmBatch& batch) {
  return IsBatchParallel(batch) ? 0 : GemmScratch(batch.item);
}

void RunGemmBatch(const GemmBatch& batch, float* scratch, Pool& pool) {
  if (!IsBatchParallel(batch)) {
    for (size_t i = 0; i < batch.count; ++i) RunGemm(ItemOf(batch, i), scratch, pool);
    return;
  }
  Pool::Workspace();
  const size_t grain = static_cast<size_t>(kBatchTaskFlops / (FlopsOf(batch.item) + 1)) + 1;
  const size_t workspace = WorkspaceOf(batch.item);
  pool.ForRange(batch.count, grain, [&](size_t begin, size_t end) {
    float* own_scratch = Pool::Workspace() + workspace;
    pool.RunSerially([&] {
      for (size_t i = begin; i < end; ++i) RunGemm(ItemOf(batch, i), own_scratch, pool);
    });
  });
}

void ColumnSums(const float* x, size_t rows, size_t columns, float* out, bool accumulate, Pool& pool) {
  auto* sum_rows = SumRowsForCpu();
  const size_t grain = RoundUp(64 * 1024 / (rows + 1) + 1, 64);
  pool.ForRange(columns, grain, [=](size_t begin, size_t end) {
    sum_rows(x, columns, rows, begin, end, out, accumulate);
  });
}

}  // namespace llm

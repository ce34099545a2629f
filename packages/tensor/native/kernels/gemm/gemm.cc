#include "kernels/gemm/gemm.h"

#include "kernels/gemm/gemm_plan.h"

namespace llm {
namespace {

constexpr size_t kSliceFloats = 64 * 1024;  // of the workspace; the rest serves products in a batch
constexpr size_t kPackGrainFloats = 32 * 1024;
constexpr double kSerialFlops = 200e3;         // waking the pool would cost more
constexpr double kBatchParallelFlops = 16e6;   // larger items are cut themselves
constexpr double kBatchTaskFlops = 100e3;

size_t Smaller(size_t a, size_t b) { return a < b ? a : b; }

double FlopsOf(const Gemm& g) { return 2.0 * static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k); }

bool IsThin(const Gemm& g) {
  if (g.m > kGemvMaxRows) return false;
  return (g.b_k == 1 && g.a_k == 1) || g.b_column == 1;
}

// Columns of a thin product that make a task: 128 KiB of B.
size_t ThinGrain(const Gemm& g) {
  const size_t columns = 32 * 1024 / (g.k + 1) + 1;
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

using PackFunction = decltype(GemmPackAForCpu());

// A or B, seen as `size` rows (columns) of k values each.
struct Operand {
  const float* source;
  size_t outer_stride;
  size_t k_stride;
  size_t size;
  size_t width;  // of its panels
  PackFunction pack;
};

Operand OperandA(const Gemm& g, GemmTile tile) { return {g.a, g.a_row, g.a_k, g.m, tile.rows, GemmPackAForCpu()}; }
Operand OperandB(const Gemm& g, GemmTile tile) { return {g.b, g.b_column, g.b_k, g.n, tile.columns, GemmPackBForCpu()}; }

// A product of packed blocks. An operand that is packed whole has, for each block of k in turn, all its panels.
class PackedGemm {
 public:
  PackedGemm(const Gemm& gemm, const GemmPlan& plan, GemmTile tile, float* scratch)
      : g_(gemm),
        plan_(plan),
        shared_(plan.is_a_shared ? OperandA(gemm, tile) : OperandB(gemm, tile)),
        sliced_(plan.is_a_shared ? OperandB(gemm, tile) : OperandA(gemm, tile)),
        packed_shared_(scratch),
        packed_sliced_(scratch + plan.shared_chunk * gemm.k),
        block_(GemmBlockForCpu()),
        activate_(GemmActivateForCpu()) {}

  void Run(Pool& pool) {
    if (plan_.is_sliced_whole) PackWhole(sliced_, 0, sliced_.size, packed_sliced_, pool);
    const size_t slices = DivideUp(sliced_.size, plan_.slice);
    for (first_ = 0; first_ < shared_.size; first_ += plan_.shared_chunk) {
      count_ = Smaller(shared_.size - first_, plan_.shared_chunk);
      PackWhole(shared_, first_, count_, packed_shared_, pool);
      const size_t parts = DivideUp(count_, plan_.shared_part);
      pool.Run(parts * slices, [&](size_t i) { RunTask(i / parts, i % parts); });
    }
  }

 private:
  size_t BlockSize(size_t k) const { return Smaller(g_.k - k, plan_.block_k); }

  // Where the panels of row or column `offset` of `count` begin, from k on.
  float* PackedAt(float* packed, size_t width, size_t count, size_t k, size_t offset) const {
    return packed + k * RoundUp(count, width) + offset * BlockSize(k);
  }

  void Pack(const Operand& operand, size_t first, size_t count, size_t k, float* packed) const {
    operand.pack(operand.source + first * operand.outer_stride + k * operand.k_stride, operand.outer_stride,
                 operand.k_stride, count, BlockSize(k), packed, BlockSize(k) * operand.width);
  }

  // Tasks read memory in order: some rows (columns) of all k, or some k of all of them.
  void PackWhole(const Operand& operand, size_t first, size_t count, float* packed, Pool& pool) const {
    const size_t blocks = DivideUp(g_.k, plan_.block_k);
    const bool is_by_k = operand.outer_stride == 1;
    const size_t group = is_by_k ? RoundUp(count, operand.width)
                                 : RoundUp(kPackGrainFloats / plan_.block_k + 1, operand.width);
    const size_t depth = is_by_k ? kPackGrainFloats / group + 1 : plan_.block_k;
    const size_t groups = DivideUp(count, group), depths = DivideUp(plan_.block_k, depth);
    pool.Run(groups * blocks * depths, [&](size_t i) {
      const size_t k = i / depths % blocks * plan_.block_k;
      const size_t within = i % depths * depth;
      if (within >= BlockSize(k)) return;
      const size_t offset = i / depths / blocks * group;
      operand.pack(operand.source + (first + offset) * operand.outer_stride + (k + within) * operand.k_stride,
                   operand.outer_stride, operand.k_stride, Smaller(count - offset, group),
                   Smaller(BlockSize(k) - within, depth),
                   PackedAt(packed, operand.width, count, k, offset) + within * operand.width,
                   BlockSize(k) * operand.width);
    });
  }

  void RunTask(size_t slice, size_t part) {
    const size_t slice_first = slice * plan_.slice;
    const size_t slice_count = Smaller(sliced_.size - slice_first, plan_.slice);
    const size_t part_first = part * plan_.shared_part;
    const size_t part_count = Smaller(count_ - part_first, plan_.shared_part);
    const size_t row = plan_.is_a_shared ? first_ + part_first : slice_first;
    const size_t column = plan_.is_a_shared ? slice_first : first_ + part_first;
    const size_t rows = plan_.is_a_shared ? part_count : slice_count;
    const size_t columns = plan_.is_a_shared ? slice_count : part_count;
    float* c = g_.c + row * g_.c_row + column;
    for (size_t k = 0; k < g_.k; k += plan_.block_k) {
      const float* shared = PackedAt(packed_shared_, shared_.width, count_, k, part_first);
      const float* sliced = SliceAt(slice_first, slice_count, k);
      const GemmInit init = k > 0 || g_.accumulate ? GemmInit::kC : g_.bias ? GemmInit::kBias : GemmInit::kZero;
      const float* bias = init == GemmInit::kBias ? g_.bias + column : nullptr;
      const float* a = plan_.is_a_shared ? shared : sliced;
      const float* b = plan_.is_a_shared ? sliced : shared;
      const size_t a_width = plan_.is_a_shared ? shared_.width : sliced_.width;
      const size_t b_width = plan_.is_a_shared ? sliced_.width : shared_.width;
      const size_t block_k = BlockSize(k);
      block_(rows, columns, block_k, a, a_width * block_k, b, b_width * block_k, c, g_.c_row, init, bias);
    }
    if (g_.activation != Activation::kNone) activate_(c, g_.c_row, rows, columns, g_.activation, g_.alpha);
  }

  const float* SliceAt(size_t first, size_t count, size_t k) const {
    if (plan_.is_sliced_whole) return PackedAt(packed_sliced_, sliced_.width, sliced_.size, k, first);
    float* packed = Pool::Workspace();
    Pack(sliced_, first, count, k, packed);
    return packed;
  }

  const Gemm& g_;
  const GemmPlan& plan_;
  const Operand shared_;
  const Operand sliced_;
  float* packed_shared_;
  float* packed_sliced_;
  decltype(GemmBlockForCpu()) block_;
  decltype(GemmActivateForCpu()) activate_;
  size_t first_ = 0;  // of the shared operand's chunk that is packed now
  size_t count_ = 0;
};

GemmSizes SizesOf(const Gemm& g) { return {g.m, g.n, g.b_k == 1 && g.b_column != 1}; }

size_t ScratchOf(const Gemm& g, size_t depth) {
  return depth == 0 ? 0 : PlanGemm(SizesOf(g), depth, GemmTileSizeForCpu()()).scratch;
}

// The products k to k + depth of a sum that the parts before have begun.
Gemm DepthPart(const Gemm& g, size_t k, size_t depth) {
  Gemm part = g;
  part.k = depth;
  part.a += k * g.a_k;
  part.b += k * g.b_k;
  if (k > 0) {
    part.accumulate = true;
    part.bias = nullptr;
  }
  if (k + depth < g.k) part.activation = Activation::kNone;
  return part;
}

bool IsBatchParallel(const GemmBatch& batch) {
  return batch.count > 1 && FlopsOf(batch.item) < kBatchParallelFlops &&
         GemmScratch(batch.item) <= Pool::kWorkspaceFloats - kSliceFloats;
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
  const size_t depth = Smaller(g.k, GemmDepth(SizesOf(g), GemmTileSizeForCpu()()));
  const size_t whole = ScratchOf(g, depth), last = ScratchOf(g, g.k % depth);
  return whole > last ? whole : last;
}

void RunGemm(const Gemm& g, float* scratch, Pool& pool) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return RunEmpty(g);
  if (IsThin(g)) return RunThin(g, pool);
  Pool::Workspace();
  const bool is_small = FlopsOf(g) < kSerialFlops;
  const GemmTile tile = GemmTileSizeForCpu()();
  const size_t depth = GemmDepth(SizesOf(g), tile);
  for (size_t k = 0; k < g.k; k += depth) {
    const Gemm part = DepthPart(g, k, Smaller(g.k - k, depth));
    const GemmPlan plan = PlanGemm(SizesOf(part), part.k, tile);
    PackedGemm packed(part, plan, tile, scratch);
    if (is_small) {
      pool.RunSerially([&] { packed.Run(pool); });
    } else {
      packed.Run(pool);
    }
  }
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
  pool.ForRange(batch.count, grain, [&](size_t begin, size_t end) {
    float* own_scratch = Pool::Workspace() + kSliceFloats;
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

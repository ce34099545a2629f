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

// A product of packed blocks. Rows or columns `first` to `first + count` of the shared operand's chunk are packed
// at `scratch`: for each block of k in turn, all panels.
class PackedGemm {
 public:
  PackedGemm(const Gemm& gemm, const GemmPlan& plan, float* scratch)
      : g_(gemm),
        plan_(plan),
        scratch_(scratch),
        pack_shared_(plan.is_a_shared ? GemmPackAForCpu() : GemmPackBForCpu()),
        pack_slice_(plan.is_a_shared ? GemmPackBForCpu() : GemmPackAForCpu()),
        block_(GemmBlockForCpu()),
        activate_(GemmActivateForCpu()) {}

  void Run(Pool& pool) {
    const size_t shared = plan_.is_a_shared ? g_.m : g_.n;
    for (first_ = 0; first_ < shared; first_ += plan_.shared_chunk) {
      count_ = Smaller(shared - first_, plan_.shared_chunk);
      PackShared(pool);
      const size_t parts = DivideUp(count_, plan_.shared_part);
      const size_t slices = DivideUp(plan_.is_a_shared ? g_.n : g_.m, plan_.slice);
      pool.Run(parts * slices, [&](size_t i) { RunTask(i / parts, i % parts); });
    }
  }

 private:
  size_t BlockSize(size_t k) const { return Smaller(g_.k - k, plan_.block_k); }

  // The packed panels of the shared operand, from k on, starting with its row or column `offset` of the chunk.
  float* SharedAt(size_t k, size_t offset) const {
    return scratch_ + k * RoundUp(count_, plan_.shared_width) + offset * BlockSize(k);
  }

  void PackShared(Pool& pool) {
    const float* source = plan_.is_a_shared ? g_.a : g_.b;
    const size_t outer_stride = plan_.is_a_shared ? g_.a_row : g_.b_column;
    const size_t k_stride = plan_.is_a_shared ? g_.a_k : g_.b_k;
    const size_t blocks = DivideUp(g_.k, plan_.block_k);
    const size_t group = RoundUp(kPackGrainFloats / plan_.block_k + 1, plan_.shared_width);
    pool.Run(blocks * DivideUp(count_, group), [&](size_t i) {
      const size_t k = i % blocks * plan_.block_k;
      const size_t offset = i / blocks * group;
      pack_shared_(source + (first_ + offset) * outer_stride + k * k_stride, outer_stride, k_stride,
                   Smaller(count_ - offset, group), BlockSize(k), SharedAt(k, offset));
    });
  }

  void RunTask(size_t slice, size_t part) {
    float* packed = Pool::Workspace();
    const size_t slice_first = slice * plan_.slice;
    const size_t slice_count = Smaller((plan_.is_a_shared ? g_.n : g_.m) - slice_first, plan_.slice);
    const size_t part_first = part * plan_.shared_part;
    const size_t part_count = Smaller(count_ - part_first, plan_.shared_part);
    const size_t row = plan_.is_a_shared ? first_ + part_first : slice_first;
    const size_t column = plan_.is_a_shared ? slice_first : first_ + part_first;
    const size_t rows = plan_.is_a_shared ? part_count : slice_count;
    const size_t columns = plan_.is_a_shared ? slice_count : part_count;
    float* c = g_.c + row * g_.c_row + column;
    for (size_t k = 0; k < g_.k; k += plan_.block_k) {
      const size_t block_k = BlockSize(k);
      PackSlice(slice_first, slice_count, k, packed);
      const float* shared = SharedAt(k, part_first);
      const GemmInit init = k > 0 || g_.accumulate ? GemmInit::kC : g_.bias != nullptr ? GemmInit::kBias : GemmInit::kZero;
      const float* bias = init == GemmInit::kBias ? g_.bias + column : nullptr;
      const size_t shared_stride = plan_.shared_width * block_k;
      const size_t slice_stride = plan_.slice_width * block_k;
      if (plan_.is_a_shared) {
        block_(rows, columns, block_k, shared, shared_stride, packed, slice_stride, c, g_.c_row, init, bias);
      } else {
        block_(rows, columns, block_k, packed, slice_stride, shared, shared_stride, c, g_.c_row, init, bias);
      }
    }
    if (g_.activation != Activation::kNone) activate_(c, g_.c_row, rows, columns, g_.activation, g_.alpha);
  }

  void PackSlice(size_t first, size_t count, size_t k, float* packed) const {
    const float* source = plan_.is_a_shared ? g_.b : g_.a;
    const size_t outer_stride = plan_.is_a_shared ? g_.b_column : g_.a_row;
    const size_t k_stride = plan_.is_a_shared ? g_.b_k : g_.a_k;
    pack_slice_(source + first * outer_stride + k * k_stride, outer_stride, k_stride, count, BlockSize(k), packed);
  }

  const Gemm& g_;
  const GemmPlan& plan_;
  float* scratch_;
  decltype(GemmPackAForCpu()) pack_shared_;
  decltype(GemmPackAForCpu()) pack_slice_;
  decltype(GemmBlockForCpu()) block_;
  decltype(GemmActivateForCpu()) activate_;
  size_t first_ = 0;  // of the chunk that is packed now
  size_t count_ = 0;
};

size_t SharedFloats(const Gemm& g, size_t depth) {
  return depth == 0 ? 0 : PlanGemm(g.m, g.n, depth, GemmTileSizeForCpu()()).shared_chunk * depth;
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
  const size_t depth = Smaller(g.k, GemmDepth(g.m, g.n));
  const size_t whole = SharedFloats(g, depth), last = SharedFloats(g, g.k % depth);
  return whole > last ? whole : last;
}

void RunGemm(const Gemm& g, float* scratch, Pool& pool) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return RunEmpty(g);
  if (IsThin(g)) return RunThin(g, pool);
  Pool::Workspace();
  const bool is_small = FlopsOf(g) < kSerialFlops;
  const size_t depth = GemmDepth(g.m, g.n);
  for (size_t k = 0; k < g.k; k += depth) {
    const Gemm part = DepthPart(g, k, Smaller(g.k - k, depth));
    const GemmPlan plan = PlanGemm(part.m, part.n, part.k, GemmTileSizeForCpu()());
    PackedGemm packed(part, plan, scratch);
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

#include "kernels/gemm/packed_gemm.h"

namespace llm {
namespace {

constexpr size_t kPackGrain = 32 * 1024;  // units packed by one task
constexpr double kSerialFlops = 200e3;    // waking the pool would cost more

size_t Smaller(size_t a, size_t b) { return a < b ? a : b; }
size_t Larger(size_t a, size_t b) { return a > b ? a : b; }

GemmTile TileOf(const PackedGemm& g) { return {g.a.width, g.b.width}; }
size_t UnitsOf(const PackedGemm& g) { return DivideUp(g.k, g.k_per_unit); }
GemmSizes SizesOf(const PackedGemm& g) { return {g.a.size, g.b.size, UnitsOf(g), g.is_b_by_column}; }

double FlopsOf(const PackedGemm& g) {
  return 2.0 * static_cast<double>(g.a.size) * static_cast<double>(g.b.size) * static_cast<double>(g.k);
}

// The units `first_unit` to `first_unit + units` of the product's sum. An operand that is packed whole has, for each
// block of units in turn, all its panels.
class Part {
 public:
  Part(const PackedGemm& gemm, size_t first_unit, size_t units, const GemmPlan& plan, float* scratch)
      : g_(gemm),
        first_unit_(first_unit),
        units_(units),
        is_first_(first_unit == 0),
        is_last_(first_unit + units == UnitsOf(gemm)),
        plan_(plan),
        shared_(plan.is_a_shared ? gemm.a : gemm.b),
        sliced_(plan.is_a_shared ? gemm.b : gemm.a),
        packed_shared_(scratch),
        packed_sliced_(scratch + plan.shared_chunk * units) {}

  void Run(Pool& pool) {
    if (plan_.is_sliced_whole) PackWhole(sliced_, 0, sliced_.size, packed_sliced_, pool);
    for (first_ = 0; first_ < shared_.size; first_ += plan_.shared_chunk) {
      count_ = Smaller(shared_.size - first_, plan_.shared_chunk);
      plan_.copies > 0 ? RunWithCopies(pool) : RunTogether(pool);
    }
  }

 private:
  // One packed copy for all.
  void RunTogether(Pool& pool) {
    PackWhole(shared_, first_, count_, packed_shared_, pool);
    const size_t parts = DivideUp(count_, plan_.shared_part);
    pool.Run(parts * plan_.slices, [&](size_t i) { RunTask(i / parts, i % parts, packed_shared_); });
  }

  // Each thread packs its own copy, before its first slice.
  void RunWithCopies(Pool& pool) {
    bool is_packed[kMostCopies] = {};
    pool.RunByThread(plan_.slices, plan_.copies, [&](size_t slice, size_t thread) {
      float* packed = packed_shared_ + thread * plan_.shared_chunk * units_;
      if (!is_packed[thread]) PackAlone(packed);
      is_packed[thread] = true;
      RunTask(slice, 0, packed);
    });
  }

  void PackAlone(float* packed) const {
    for (size_t unit = 0; unit < units_; unit += plan_.block_k) {
      Pack(shared_, first_, count_, unit, BlockSize(unit), PackedAt(packed, shared_.width, count_, unit, 0),
           BlockSize(unit) * shared_.width);
    }
  }

  size_t SliceSize(size_t slice) const {
    return Smaller(sliced_.size, SliceStart(plan_, slice + 1)) - SliceStart(plan_, slice);
  }

  // Units of the block that begins at `unit`.
  size_t BlockSize(size_t unit) const { return Smaller(units_ - unit, plan_.block_k); }

  // Where the panels of row or column `offset` of `count` begin, from `unit` on.
  float* PackedAt(float* packed, size_t width, size_t count, size_t unit, size_t offset) const {
    return packed + unit * RoundUp(count, width) + offset * BlockSize(unit);
  }

  void Pack(const GemmOperand& operand, size_t first, size_t count, size_t unit, size_t units, float* packed,
            size_t panel_stride) const {
    const size_t k = (first_unit_ + unit) * g_.k_per_unit;
    operand.pack(operand, first, count, k, Smaller(g_.k - k, units * g_.k_per_unit), packed, panel_stride);
  }

  // Tasks read memory in order: some rows (columns) of all k, or some k of all of them.
  void PackWhole(const GemmOperand& operand, size_t first, size_t count, float* packed, Pool& pool) const {
    const size_t blocks = DivideUp(units_, plan_.block_k);
    const bool is_by_k = operand.outer_stride == 1;
    const size_t group =
        is_by_k ? RoundUp(count, operand.width) : RoundUp(kPackGrain / plan_.block_k + 1, operand.width);
    const size_t depth = is_by_k ? kPackGrain / group + 1 : plan_.block_k;
    const size_t groups = DivideUp(count, group), depths = DivideUp(plan_.block_k, depth);
    pool.Run(groups * blocks * depths, [&](size_t i) {
      const size_t unit = i / depths % blocks * plan_.block_k;
      const size_t within = i % depths * depth;
      if (within >= BlockSize(unit)) return;
      const size_t offset = i / depths / blocks * group;
      Pack(operand, first + offset, Smaller(count - offset, group), unit + within,
           Smaller(BlockSize(unit) - within, depth),
           PackedAt(packed, operand.width, count, unit, offset) + within * operand.width,
           BlockSize(unit) * operand.width);
    });
  }

  GemmInit InitAt(size_t unit) const {
    if (unit > 0 || !is_first_ || g_.accumulate) return GemmInit::kC;
    return g_.bias != nullptr ? GemmInit::kBias : GemmInit::kZero;
  }

  void RunTask(size_t slice, size_t part, float* packed_shared) const {
    const size_t slice_first = SliceStart(plan_, slice);
    const size_t slice_count = SliceSize(slice);
    const size_t part_first = part * plan_.shared_part;
    const size_t part_count = Smaller(count_ - part_first, plan_.shared_part);
    const size_t row = plan_.is_a_shared ? first_ + part_first : slice_first;
    const size_t column = plan_.is_a_shared ? slice_first : first_ + part_first;
    const size_t rows = plan_.is_a_shared ? part_count : slice_count;
    const size_t columns = plan_.is_a_shared ? slice_count : part_count;
    float* c = g_.c + row * g_.c_row + column;
    for (size_t unit = 0; unit < units_; unit += plan_.block_k) {
      const float* shared = PackedAt(packed_shared, shared_.width, count_, unit, part_first);
      const float* sliced = SliceAt(slice_first, slice_count, unit);
      const GemmInit init = InitAt(unit);
      const float* bias = init == GemmInit::kBias ? g_.bias + column : nullptr;
      const float* a = plan_.is_a_shared ? shared : sliced;
      const float* b = plan_.is_a_shared ? sliced : shared;
      const size_t units = BlockSize(unit);
      GemmPrefetch next = NextOf(slice, unit);
      g_.block({rows, columns, units, a, g_.a.width * units, b, g_.b.width * units, c, g_.c_row, init, bias,
                plan_.is_a_shared, &next});
    }
    if (is_last_ && g_.finish != nullptr) g_.finish(g_.finish_context, c, row, column, rows, columns);
  }

  // What this thread packs after the block at `unit` of a slice: the next block, or the first of the next slice.
  GemmPrefetch NextOf(size_t slice, size_t unit) const {
    size_t next = unit + BlockSize(unit);
    if (next == units_) {
      next = 0;
      ++slice;
    }
    if (plan_.is_sliced_whole || sliced_.element_bytes == 0 || slice == plan_.slices) return {};
    const size_t first = SliceStart(plan_, slice);
    const size_t k = (first_unit_ + next) * g_.k_per_unit;
    const size_t depth = Smaller(g_.k - k, BlockSize(next) * g_.k_per_unit);
    const size_t count = SliceSize(slice);
    const bool is_by_k = sliced_.outer_stride == 1;
    const char* at = static_cast<const char*>(sliced_.source) +
                     (first * sliced_.outer_stride + k * sliced_.k_stride) * sliced_.element_bytes;
    const size_t row_bytes = (is_by_k ? count : depth) * sliced_.element_bytes;
    const size_t stride = (is_by_k ? sliced_.k_stride : sliced_.outer_stride) * sliced_.element_bytes;
    return {at, row_bytes, row_bytes, stride, is_by_k ? depth : count};
  }

  const float* SliceAt(size_t first, size_t count, size_t unit) const {
    if (plan_.is_sliced_whole) return PackedAt(packed_sliced_, sliced_.width, sliced_.size, unit, first);
    float* packed = Pool::Workspace();
    Pack(sliced_, first, count, unit, BlockSize(unit), packed, BlockSize(unit) * sliced_.width);
    return packed;
  }

  const PackedGemm& g_;
  const size_t first_unit_;
  const size_t units_;
  const bool is_first_;
  const bool is_last_;
  const GemmPlan& plan_;
  const GemmOperand& shared_;
  const GemmOperand& sliced_;
  float* packed_shared_;
  float* packed_sliced_;
  size_t first_ = 0;  // of the shared operand's chunk that is packed now
  size_t count_ = 0;
};

}  // namespace

size_t PackedGemmScratch(const PackedGemm& g) { return GemmPlanScratch(SizesOf(g), TileOf(g)); }

size_t PackedGemmWorkspace(const PackedGemm& g) {
  size_t most = 0;
  for (size_t threads = 0; threads <= kMostCopies; ++threads) {
    const GemmPlan plan = PlanGemm(SizesOf(g), TileOf(g), threads);
    if (!plan.is_sliced_whole) most = Larger(most, plan.slice * plan.block_k);
  }
  return most;
}

void RunPackedGemm(const PackedGemm& g, float* scratch, Pool& pool) {
  Pool::Workspace();
  // Tiles that a callback makes, of quantised weights, cost too much to make twice.
  const bool is_copyable = g.a.element_bytes > 0 && g.b.element_bytes > 0;
  const GemmPlan plan = PlanGemm(SizesOf(g), TileOf(g), is_copyable ? static_cast<size_t>(pool.threads()) : 0);
  const size_t units = UnitsOf(g);
  const auto run = [&] {
    for (size_t first = 0; first < units; first += plan.depth) {
      Part(g, first, Smaller(units - first, plan.depth), plan, scratch).Run(pool);
    }
  };
  FlopsOf(g) < kSerialFlops ? pool.RunSerially(run) : run();
}

}  // namespace llm

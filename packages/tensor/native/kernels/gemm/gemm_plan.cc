#include "kernels/gemm/gemm_plan.h"

#include "kernels/gemm/gemm.h"

namespace llm {
namespace {

constexpr size_t kSharedFloats = size_t{2} << 20;    // 8 MiB: a quarter of a usual L3 cache
constexpr size_t kSharedPieces = size_t{256} << 10;  // see IsReadInPieces
constexpr size_t kWholeFloats = size_t{512} << 10;   // of both operands: 2 MiB, written and read at once
constexpr size_t kCachedFloats = size_t{2} << 20;    // 8 MiB
constexpr size_t kMostScratch = size_t{5} << 20;     // of any plan; a test looks for one that needs more
constexpr size_t kWantedTasks = 24;                  // so that threads finish at about the same time
constexpr size_t kMinSlices = 12;                    // with fewer, several tasks use each
constexpr size_t kMinCopySlices = 8;                 // with fewer, two threads' shares may differ by too much
constexpr size_t kMinSliceRows = 56;                 // below that, reading the shared operand again costs too much
constexpr size_t kMinSliceColumns = 64;
constexpr size_t kMinPartPanels = 4;                 // below that, reading the slice again costs too much

size_t AtLeast(size_t value, size_t minimum) { return value < minimum ? minimum : value; }
size_t AtMost(size_t value, size_t maximum) { return value > maximum ? maximum : value; }

// How many slices make kWantedTasks, as far as the caches allow.
size_t SlicesOf(const GemmPlan& plan, size_t shared, size_t sliced) {
  const bool is_shared_resident = shared * plan.block_k <= kGemmSliceUnits;  // then slices may be thin
  const size_t of_cache = plan.is_a_shared ? kMinSliceColumns : kMinSliceRows;
  const size_t minimum = is_shared_resident ? plan.slice_width : of_cache;
  const size_t most = kGemmSliceUnits / plan.block_k / plan.slice_width * plan.slice_width;
  return DivideUp(sliced, AtMost(RoundUp(AtLeast(sliced / kWantedTasks, minimum), plan.slice_width), most));
}

// With copies, threads keep to their own slices, so each has as many.
void CutSlices(GemmPlan& plan, size_t sliced, size_t slices, size_t threads) {
  plan.slice_panels = DivideUp(sliced, plan.slice_width);
  plan.copies = threads >= 1 && threads <= kMostCopies && slices >= kMinCopySlices ? threads : 0;
  if (plan.copies > 0) slices = AtMost(RoundUp(slices, plan.copies), plan.slice_panels / plan.copies * plan.copies);
  plan.slices = slices;
  plan.slice = DivideUp(plan.slice_panels, slices) * plan.slice_width;
}

// Slices of a B whose rows are contiguous are read in short pieces. When it comes from memory, all pieces of a few rows
// should be read at about the same time.
bool IsReadInPieces(const GemmPlan& plan, const GemmSizes& sizes) {
  return plan.is_a_shared && !sizes.is_b_by_column && sizes.n * sizes.units > kCachedFloats;
}

size_t DepthOf(const GemmPlan& plan, const GemmSizes& sizes) {
  const size_t shared = RoundUp(plan.is_a_shared ? sizes.m : sizes.n, plan.shared_width);
  const size_t of_cache = IsReadInPieces(plan, sizes) ? kSharedPieces : kSharedFloats;
  const size_t floats = plan.is_sliced_whole ? kWholeFloats / (sizes.m + sizes.n) : of_cache / shared;
  return AtMost(AtLeast(floats / plan.block_k, 1) * plan.block_k, sizes.units);
}

}  // namespace

GemmPlan PlanGemm(const GemmSizes& sizes, GemmTile tile, size_t threads) {
  GemmPlan plan;
  // Rows of C for each thread: with columns, lines at the border would be written by two.
  plan.is_a_shared = 2 * sizes.m <= sizes.n;
  plan.shared_width = plan.is_a_shared ? tile.rows : tile.columns;
  plan.slice_width = plan.is_a_shared ? tile.columns : tile.rows;
  plan.block_k = DivideUp(sizes.units, DivideUp(sizes.units, kGemmBlockK));
  const size_t shared = plan.is_a_shared ? sizes.m : sizes.n;
  const size_t sliced = plan.is_a_shared ? sizes.n : sizes.m;
  CutSlices(plan, sliced, SlicesOf(plan, shared, sliced), threads);
  plan.is_sliced_whole = plan.copies == 0 && plan.slices < kMinSlices;
  plan.depth = DepthOf(plan, sizes);
  const size_t chunks = DivideUp(shared, AtLeast(kSharedFloats / plan.depth, plan.shared_width));
  plan.shared_chunk = RoundUp(DivideUp(shared, chunks), plan.shared_width);
  const size_t panels = DivideUp(plan.shared_chunk, plan.shared_width);
  const size_t parts = AtMost(DivideUp(kWantedTasks, plan.slices), AtLeast(panels / kMinPartPanels, 1));
  plan.shared_part = plan.is_sliced_whole ? DivideUp(panels, parts) * plan.shared_width : plan.shared_chunk;
  plan.scratch = AtLeast(plan.copies, 1) * plan.shared_chunk * plan.depth;
  if (plan.is_sliced_whole) plan.scratch += RoundUp(sliced, plan.slice_width) * plan.depth;
  return plan;
}

size_t GemmPlanScratch(const GemmSizes& sizes, GemmTile tile) {
  const size_t rows = RoundUp(sizes.m, tile.rows), columns = RoundUp(sizes.n, tile.columns);
  const size_t both = rows + columns, copies = kMostCopies * AtMost(columns, 2 * rows);
  return AtMost(AtLeast(both, copies) * sizes.units, kMostScratch);
}

}  // namespace llm

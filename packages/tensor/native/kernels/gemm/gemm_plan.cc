#include "kernels/gemm/gemm_plan.h"

#include "kernels/gemm/gemm.h"

namespace llm {
namespace {

constexpr size_t kSharedFloats = size_t{4} << 20;  // 16 MiB: half of a usual L3 cache
constexpr size_t kWholeFloats = size_t{1} << 20;   // of both operands: 4 MiB, written and read at once
constexpr size_t kSliceColumns = 32;               // 32 KiB packed, for each block of k
constexpr size_t kStripColumns = 64;               // of a B whose rows are contiguous: pieces of 256 bytes
constexpr size_t kSliceRows = 112;
constexpr size_t kPartRows = 512;                  // 512 KiB packed, for each block of k
constexpr size_t kWantedTasks = 24;                // so that threads finish at about the same time
constexpr size_t kMinDepth = 4 * kGemmBlockK;      // below that, reading and writing C again costs too much
constexpr size_t kMinPartPanels = 4;               // below that, reading the slice again costs too much

size_t AtLeast(size_t value, size_t minimum) { return value < minimum ? minimum : value; }
size_t AtMost(size_t value, size_t maximum) { return value > maximum ? maximum : value; }

bool IsAShared(const GemmSizes& sizes) { return sizes.m <= sizes.n; }

// Too few slices to go round: then each slice is used by several tasks, or its pieces of B would be too short.
bool IsSlicedWhole(const GemmSizes& sizes, GemmTile tile) {
  if (!IsAShared(sizes)) return DivideUp(sizes.m, RoundUp(kSliceRows, tile.rows)) < kWantedTasks;
  const size_t columns = sizes.is_b_by_column ? kSliceColumns : kStripColumns;
  return DivideUp(sizes.n, RoundUp(columns, tile.columns)) < kWantedTasks;
}

size_t SliceOf(const GemmSizes& sizes, GemmTile tile) {
  if (!IsAShared(sizes)) return RoundUp(kSliceRows, tile.rows);
  const bool is_strip = !sizes.is_b_by_column && !IsSlicedWhole(sizes, tile);
  return RoundUp(is_strip ? kStripColumns : kSliceColumns, tile.columns);
}

}  // namespace

size_t GemmDepth(const GemmSizes& sizes, GemmTile tile) {
  const bool is_whole = IsSlicedWhole(sizes, tile);
  const size_t outer = is_whole ? sizes.m + sizes.n : AtMost(sizes.m, sizes.n);
  return AtLeast((is_whole ? kWholeFloats : kSharedFloats) / outer / kGemmBlockK * kGemmBlockK, kMinDepth);
}

GemmPlan PlanGemm(const GemmSizes& sizes, size_t k, GemmTile tile) {
  GemmPlan plan;
  plan.is_a_shared = IsAShared(sizes);
  plan.is_sliced_whole = IsSlicedWhole(sizes, tile);
  plan.shared_width = plan.is_a_shared ? tile.rows : tile.columns;
  plan.slice_width = plan.is_a_shared ? tile.columns : tile.rows;
  plan.block_k = DivideUp(k, DivideUp(k, kGemmBlockK));
  const size_t shared = plan.is_a_shared ? sizes.m : sizes.n;
  const size_t sliced = plan.is_a_shared ? sizes.n : sizes.m;
  const size_t chunk = kSharedFloats / k / plan.shared_width * plan.shared_width;
  plan.shared_chunk = AtMost(AtLeast(chunk, plan.shared_width * kMinPartPanels), RoundUp(shared, plan.shared_width));
  plan.slice = SliceOf(sizes, tile);
  const size_t slices = DivideUp(sliced, plan.slice);
  const size_t panels = DivideUp(plan.shared_chunk, plan.shared_width);
  const size_t most_parts = AtLeast(panels / kMinPartPanels, 1);
  const size_t wanted = AtLeast(DivideUp(kWantedTasks, slices), DivideUp(plan.shared_chunk, kPartRows));
  plan.shared_part = DivideUp(panels, AtMost(wanted, most_parts)) * plan.shared_width;
  plan.scratch = plan.shared_chunk * k;
  if (plan.is_sliced_whole) plan.scratch += RoundUp(sliced, plan.slice_width) * k;
  return plan;
}

}  // namespace llm

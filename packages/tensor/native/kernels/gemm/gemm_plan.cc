#include "kernels/gemm/gemm_plan.h"

#include "kernels/gemm/gemm.h"

namespace llm {
namespace {

constexpr size_t kSharedFloats = size_t{4} << 20;  // 16 MiB: half of a usual L3 cache
constexpr size_t kSliceColumns = 64;               // 64 KiB packed, for each block of k
constexpr size_t kSliceRows = 112;
constexpr size_t kPartRows = 512;                  // 512 KiB packed, for each block of k
constexpr size_t kWantedTasks = 24;                // so that threads finish at about the same time
constexpr size_t kMinDepth = 4 * kGemmBlockK;      // below that, reading and writing C again costs too much
constexpr size_t kMinPartPanels = 4;               // below that, packing the slice again costs too much

size_t AtLeast(size_t value, size_t minimum) { return value < minimum ? minimum : value; }
size_t AtMost(size_t value, size_t maximum) { return value > maximum ? maximum : value; }

}  // namespace

size_t GemmDepth(size_t m, size_t n) {
  const size_t depth = kSharedFloats / AtLeast(AtMost(m, n), 1) / kGemmBlockK * kGemmBlockK;
  return AtLeast(depth, kMinDepth);
}

GemmPlan PlanGemm(size_t m, size_t n, size_t k, GemmTile tile) {
  GemmPlan plan;
  plan.is_a_shared = m <= n;
  plan.shared_width = plan.is_a_shared ? tile.rows : tile.columns;
  plan.slice_width = plan.is_a_shared ? tile.columns : tile.rows;
  plan.block_k = DivideUp(k, DivideUp(k, kGemmBlockK));
  const size_t shared = plan.is_a_shared ? m : n;
  const size_t sliced = plan.is_a_shared ? n : m;
  const size_t chunk = kSharedFloats / k / plan.shared_width * plan.shared_width;
  plan.shared_chunk = AtMost(AtLeast(chunk, plan.shared_width * kMinPartPanels), RoundUp(shared, plan.shared_width));
  plan.slice = RoundUp(plan.is_a_shared ? kSliceColumns : kSliceRows, plan.slice_width);
  const size_t slices = DivideUp(sliced, plan.slice);
  // Few slices: cut the shared operand too, into parts of equal panels.
  const size_t panels = DivideUp(plan.shared_chunk, plan.shared_width);
  const size_t most_parts = AtLeast(panels / kMinPartPanels, 1);
  const size_t wanted = AtLeast(DivideUp(kWantedTasks, slices), DivideUp(plan.shared_chunk, kPartRows));
  plan.shared_part = DivideUp(panels, AtMost(wanted, most_parts)) * plan.shared_width;
  return plan;
}

}  // namespace llm

#include "kernels/quantized/packed_linear.h"

namespace llm {
namespace {

constexpr size_t kTaskBytes = 48 << 10;    // of weights that one task reads for a few rows of x
constexpr size_t kTaskWork = 512 << 10;    // bytes of weights times rows: about 10 microseconds
constexpr size_t kSerialBytes = 8 << 10;   // waking the pool would cost more
constexpr size_t kQuantizeGrain = 1 << 14;

auto PanelsForCpu() {
#if defined(__x86_64__)
  if (HasExtension(Extension::kAvx512Vnni)) return &avx512vnni::PackedLinearPanels;
  if (HasExtension(Extension::kAvxVnni)) return &avxvnni::PackedLinearPanels;
#elif defined(__aarch64__)
  if (HasExtension(Extension::kNeonDot)) return &neondot::PackedLinearPanels;
#endif
  return PackedLinearPanelsForCpu();
}

// Panels of one task: each panel is a row of work by itself, so the cut does not change results.
size_t PanelGrain(const PackedLinear& args, size_t panel_bytes) {
  const size_t by_bytes = kTaskBytes / panel_bytes + 1;
  const size_t by_work = kTaskWork / (panel_bytes * args.M + 1) + 1;
  return by_bytes < by_work ? by_bytes : by_work;
}

}  // namespace

void RunPackedLinear(const PackedLinear& args, Pool& pool) {
  auto* quantize = QuantizeActivationsForCpu();
  auto* run_panels = PanelsForCpu();
  const size_t panels = PanelsOf(args.O), panel_bytes = FormatOf(args.type).panel_bytes(args.I);
  const auto body = [&] {
    pool.ForRange(args.M, kQuantizeGrain / args.I + 1, [&](size_t begin, size_t end) { quantize(args, begin, end); });
    pool.ForRange(panels, PanelGrain(args, panel_bytes), [&](size_t begin, size_t end) { run_panels(args, begin, end); });
  };
  const bool is_small = panels * panel_bytes * args.M < kSerialBytes;
  is_small ? pool.RunSerially(body) : body();
}

}  // namespace llm

#include "kernels/rotary/rotary.h"

#include <string>

#include "node/instruction.h"

namespace llm {

constexpr size_t kGrainElements = 1 << 14;  // about 10 microseconds

void Rotary(const RotaryArgs& args, Pool& pool) {
  auto* run_rows = RotaryRowsForCpu();
  const size_t grain = kGrainElements / (args.H * args.D + 1) + 1;
  pool.ForRange(args.B * args.T, grain, [&](size_t begin, size_t end) { run_rows(args, begin, end); });
}

// Rotary: x shape, table rows, offset, is_inverse, x, cos, sin, positions or -1, out
LLM_INSTRUCTION(Rotary) {
  const Shape shape = args.ReadShape("x shape");
  args.Check(shape.rank == 4 && shape.dims[3] % 2 == 0, "x shape", "[B, T, H, D] with an even D");
  const size_t T = shape.dims[1], half = shape.dims[3] / 2;
  const size_t rows = args.Size("table rows");
  args.Check(half == 0 || rows <= (size_t{1} << 46) / half, "table rows", "a table that fits in memory");
  const size_t offset = args.Size("offset");
  RotaryArgs rotary{nullptr, nullptr, nullptr, nullptr, shape.dims[0], T, shape.dims[2], shape.dims[3], offset,
                    args.Bool("is_inverse"), nullptr};
  rotary.x = args.Input<float>("x", shape.size());
  rotary.cos = args.Input<float>("cos", rows * half);
  rotary.sin = args.Input<float>("sin", rows * half);
  rotary.positions = args.OptionalInput<int32_t>("positions", rotary.B * T);
  rotary.out = args.Output<float>("out", shape.size());
  args.End();
  if (shape.size() == 0) return;
  if (rotary.positions == nullptr) args.Check(T <= rows && offset <= rows - T, "offset", "positions in the tables");
  for (size_t i = 0; rotary.positions != nullptr && i < rotary.B * T; ++i) {
    const int32_t position = rotary.positions[i];
    if (position >= 0 && static_cast<size_t>(position) < rows) continue;
    args.Return(static_cast<double>(i + 1));  // the caller says which one is wrong
    return;
  }
  Rotary(rotary, pool);
}

}  // namespace llm

#include "kernels/batch_norm/batch_norm.h"

#include <cmath>

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {

constexpr size_t kGrain = 1 << 15;  // elements of a task

// BatchNorm: rows, channels, eps, x, mean, variance, scale or -1, offset or -1, out
LLM_INSTRUCTION(BatchNorm) {
  const size_t rows = args.Size("rows"), channels = args.Size("channels");
  const double eps = args.Double("eps");
  const size_t size = CheckedProduct(args, rows, channels);
  const float* x = args.Input<float>("x", size);
  const float* mean = args.Input<float>("mean", channels);
  const float* variance = args.Input<float>("variance", channels);
  const float* scale = args.OptionalInput<float>("scale", channels);
  const float* offset = args.OptionalInput<float>("offset", channels);
  float* out = args.Output<float>("out", size);
  args.End();
  float* factor = args.Scratch<float>(channels);
  float* shift = args.Scratch<float>(channels);
  for (size_t c = 0; c < channels; ++c) {
    const double numerator = scale == nullptr ? 1.0 : static_cast<double>(scale[c]);
    factor[c] = static_cast<float>(numerator / std::sqrt(static_cast<double>(variance[c]) + eps));
    shift[c] = offset == nullptr ? 0.0f : offset[c];
  }
  auto* normalise = BatchNormRowsForCpu();
  pool.ForRange(rows, kGrain / (channels + 1) + 1, [&](size_t begin, size_t end) {
    normalise(x + begin * channels, mean, factor, shift, end - begin, channels, out + begin * channels);
  });
}

}  // namespace llm

#include "kernels/lrn/lrn.h"

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 1 << 13;  // elements of a task
static_assert(3 * 3 * kMaxLrnChannels <= Pool::kWorkspaceFloats, "a pixel's work fits");

struct LrnArgs {
  size_t pixels, channels, size;
  LrnOptions options;
};

LrnArgs ReadLrn(Args& args) {
  LrnArgs a;
  a.pixels = args.Size("pixels");
  a.channels = args.Size("channels");
  args.Check(a.channels <= kMaxLrnChannels, "channels", "at most 16384");
  const size_t radius = args.Size("radius");
  a.options.radius = radius < a.channels ? radius : a.channels;
  a.options.bias = args.Float("bias");
  a.options.alpha = args.Float("alpha");
  a.options.beta = args.Float("beta");
  a.size = CheckedProduct(args, a.pixels, a.channels);
  return a;
}

template <typename Body>
void ForEachPixel(const LrnArgs& a, Pool& pool, const Body& body) {
  Pool::Workspace();
  pool.ForRange(a.pixels, kGrain / (a.channels + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) body(i * a.channels, Pool::Workspace());
  });
}

}  // namespace

// Lrn: pixels, channels, radius, bias, alpha, beta, x, out
LLM_INSTRUCTION(Lrn) {
  const LrnArgs a = ReadLrn(args);
  const float* x = args.Input<float>("x", a.size);
  float* out = args.Output<float>("out", a.size);
  args.End();
  auto* pixel = LrnPixelForCpu();
  ForEachPixel(a, pool, [&](size_t at, float* work) { pixel(x + at, a.channels, a.options, work, out + at); });
}

// LrnGrad: pixels, channels, radius, bias, alpha, beta, x, y, dy, dx
LLM_INSTRUCTION(LrnGrad) {
  const LrnArgs a = ReadLrn(args);
  const float* x = args.Input<float>("x", a.size);
  const float* y = args.Input<float>("y", a.size);
  const float* dy = args.Input<float>("dy", a.size);
  float* dx = args.Output<float>("dx", a.size);
  args.End();
  auto* pixel = LrnGradPixelForCpu();
  ForEachPixel(a, pool, [&](size_t at, float* work) {
    pixel(x + at, y + at, dy + at, a.channels, a.options, work, dx + at);
  });
}

}  // namespace llm

// Greyscale dilation: out = max over taps of x + filter, per channel; and its two gradients, which go to the first
// tap that holds the maximum. x [batch, ...in, C], filter [...taps, C], out and dy [batch, ...out, C].
#include <cstring>

#include "kernels/read_args.h"
#include "kernels/window/window.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr float kLowest = -9007199254740991.0f;  // where no tap is inside: tfjs's start of the maximum
constexpr size_t kNone = static_cast<size_t>(-1);

struct Dilation {
  Window window;
  size_t channels;
  size_t in, out, filter;
};

Dilation ReadDilation(Args& args) {
  Dilation d;
  d.window = ReadWindow(args);
  d.channels = args.Size("channels");
  d.in = CheckedProduct(args, CheckedProduct(args, d.window.batch, d.window.InPixels()), d.channels);
  d.out = CheckedProduct(args, CheckedProduct(args, d.window.batch, d.window.OutPixels()), d.channels);
  d.filter = CheckedProduct(args, d.window.Taps(), d.channels);
  return d;
}

struct Maximum {
  float value;
  size_t tap, pixel;  // kNone where no tap is inside
};

Maximum MaximumAt(const TapMap& map, const Place& place, const float* x, const float* filter, size_t channels, size_t c) {
  Maximum best = {kLowest, kNone, kNone};
  ForEachTap(map, place, [&](size_t tap, size_t pixel) {
    const float value = x[pixel * channels + c] + filter[tap * channels + c];
    if (value > best.value) best = {value, tap, pixel};
  });
  return best;
}

// Adds each gradient where its maximum was: one task a channel, so that no two write the same element.
template <typename IndexOf>
void AddGradients(const Dilation& d, const TapMap& map, const float* x, const float* filter, const float* dy, float* out,
                  Pool& pool, const IndexOf& index_of) {
  pool.Run(d.channels, [&](size_t c) {
    for (size_t o = 0; o < map.batch * map.Positions(); ++o) {
      const Maximum best = MaximumAt(map, PlaceOf(o, map.positions), x, filter, d.channels, c);
      if (best.tap != kNone) out[index_of(best) * d.channels + c] += dy[o * d.channels + c];
    }
  });
}

}  // namespace

// Dilation2D: window, channels, x, filter, out
LLM_INSTRUCTION(Dilation2D) {
  const Dilation d = ReadDilation(args);
  const float* x = args.Input<float>("x", d.in);
  const float* filter = args.Input<float>("filter", d.filter);
  float* out = args.Output<float>("out", d.out);
  args.End();
  const TapMap map = ForwardTaps(d.window, args);
  const size_t grain = (1 << 15) / (d.filter + 1) + 1;
  pool.ForRange(map.batch * map.Positions(), grain, [&](size_t begin, size_t end) {
    for (size_t o = begin; o < end; ++o) {
      float* row = out + o * d.channels;
      for (size_t c = 0; c < d.channels; ++c) row[c] = kLowest;
      ForEachTap(map, PlaceOf(o, map.positions), [&](size_t tap, size_t pixel) {
        const float* source = x + pixel * d.channels;
        const float* weights = filter + tap * d.channels;
        for (size_t c = 0; c < d.channels; ++c) {
          const float value = source[c] + weights[c];
          row[c] = value > row[c] ? value : row[c];
        }
      });
    }
  });
}

// Dilation2DInputGrad, Dilation2DFilterGrad: window, channels, x, filter, dy, gradient
LLM_INSTRUCTION(Dilation2DInputGrad) {
  const Dilation d = ReadDilation(args);
  const float* x = args.Input<float>("x", d.in);
  const float* filter = args.Input<float>("filter", d.filter);
  const float* dy = args.Input<float>("dy", d.out);
  float* dx = args.Output<float>("dx", d.in);
  args.End();
  std::memset(dx, 0, d.in * sizeof(float));
  const TapMap map = ForwardTaps(d.window, args);
  AddGradients(d, map, x, filter, dy, dx, pool, [](const Maximum& best) { return best.pixel; });
}

LLM_INSTRUCTION(Dilation2DFilterGrad) {
  const Dilation d = ReadDilation(args);
  const float* x = args.Input<float>("x", d.in);
  const float* filter = args.Input<float>("filter", d.filter);
  const float* dy = args.Input<float>("dy", d.out);
  float* dfilter = args.Output<float>("dfilter", d.filter);
  args.End();
  std::memset(dfilter, 0, d.filter * sizeof(float));
  const TapMap map = ForwardTaps(d.window, args);
  AddGradients(d, map, x, filter, dy, dfilter, pool, [](const Maximum& best) { return best.tap; });
}

}  // namespace llm

#include "kernels/depthwise/depthwise.h"

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr double kTaskProducts = 1 << 17;  // about 20 microseconds
constexpr size_t kPairs = 4096;            // pixels summed by one call for the filter's gradient

size_t PixelsPerTask(size_t products) {
  return static_cast<size_t>(kTaskProducts / (static_cast<double>(products) + 1)) + 1;
}

RowPair* PairsOfThread() { return reinterpret_cast<RowPair*>(Pool::Workspace()); }
static_assert(kMaxDepthwiseTaps * sizeof(RowPair) <= Pool::kWorkspaceFloats * sizeof(float), "the list fits");

// visit(position, pairs, count) for every position: what its taps read, and their weights.
template <typename Visit>
void ForEachPosition(const TapMap& map, const float* source, size_t source_row, const float* filter, size_t filter_row,
                     Pool& pool, const Visit& visit) {
  Pool::Workspace();
  pool.ForRange(map.batch * map.Positions(), PixelsPerTask(map.Taps() * filter_row), [&](size_t begin, size_t end) {
    RowPair* pairs = PairsOfThread();
    for (size_t i = begin; i < end; ++i) {
      size_t count = 0;
      ForEachTap(map, PlaceOf(i, map.positions), [&](size_t tap, size_t pixel) {
        pairs[count++] = {source + pixel * source_row, filter + tap * filter_row};
      });
      visit(i, pairs, count);
    }
  });
}

}  // namespace

void DepthwiseForward(const DepthwiseShape& s, const float* x, const float* filter, float* out, Args& args, Pool& pool) {
  const TapMap map = ForwardTaps(s.window, args);
  const size_t row = s.channels * s.multiplier;
  auto* sum = SumOfProductsForCpu();
  auto* sum_spread = SumOfSpreadProductsForCpu();
  ForEachPosition(map, x, s.channels, filter, row, pool, [&](size_t i, const RowPair* pairs, size_t count) {
    if (s.multiplier == 1) return sum(pairs, count, row, out + i * row, false);
    sum_spread(pairs, count, s.channels, s.multiplier, out + i * row, false);
  });
}

void DepthwiseInputGrad(const DepthwiseShape& s, const float* dy, const float* filter, float* dx, Args& args,
                        Pool& pool) {
  const TapMap map = BackwardTaps(s.window, args);
  const size_t row = s.channels * s.multiplier;
  auto* sum = SumOfProductsForCpu();
  auto* sum_gathered = SumOfGatheredProductsForCpu();
  ForEachPosition(map, dy, row, filter, row, pool, [&](size_t i, const RowPair* pairs, size_t count) {
    float* out = dx + i * s.channels;
    if (s.multiplier == 1) return sum(pairs, count, row, out, false);
    sum_gathered(pairs, count, s.channels, s.multiplier, out, false);
  });
}

void DepthwiseFilterGrad(const DepthwiseShape& s, const float* x, const float* dy, float* dfilter, Pool& pool) {
  const WindowAxis(&axes)[kWindowAxes] = s.window.axes;
  const size_t outs[kWindowAxes] = {axes[0].out, axes[1].out, axes[2].out};
  const size_t taps[kWindowAxes] = {axes[0].filter, axes[1].filter, axes[2].filter};
  const size_t row = s.channels * s.multiplier;
  auto* sum = SumOfProductsForCpu();
  auto* sum_spread = SumOfSpreadProductsForCpu();
  Pool::Workspace();
  pool.Run(s.window.Taps(), [&](size_t t) {
    const Place tap = PlaceOf(t, taps);
    RowPair* pairs = PairsOfThread();
    float* out = dfilter + t * row;
    size_t count = 0;
    bool accumulate = false;
    const auto flush = [&] {
      if (s.multiplier == 1) {
        sum(pairs, count, row, out, accumulate);
      } else {
        sum_spread(pairs, count, s.channels, s.multiplier, out, accumulate);
      }
      accumulate = true;
      count = 0;
    };
    for (size_t o = 0; o < s.window.batch * s.window.OutPixels(); ++o) {
      const Place place = PlaceOf(o, outs);
      size_t pixel = place.image;
      bool is_inside = true;
      for (int a = 0; a < kWindowAxes; ++a) {
        const size_t source = place.at[a] * axes[a].stride + tap.at[a] * axes[a].dilation - axes[a].pad;
        is_inside = is_inside && source < axes[a].in;  // below 0 wraps
        pixel = pixel * axes[a].in + source;
      }
      if (is_inside) pairs[count++] = {x + pixel * s.channels, dy + o * row};
      if (count == kPairs) flush();
    }
    if (count > 0 || !accumulate) flush();
  });
}

namespace {

struct DepthwiseArgs {
  DepthwiseShape shape;
  size_t in, out, filter;
};

DepthwiseArgs ReadDepthwise(Args& args) {
  DepthwiseArgs d;
  d.shape.window = ReadWindow(args);
  d.shape.channels = args.Size("channels");
  d.shape.multiplier = args.Size("multiplier");
  const Window& w = d.shape.window;
  args.Check(w.Taps() <= kMaxDepthwiseTaps, "filter", "at most 32768 taps");
  d.in = CheckedProduct(args, CheckedProduct(args, w.batch, w.InPixels()), d.shape.channels);
  const size_t row = CheckedProduct(args, d.shape.channels, d.shape.multiplier);
  d.out = CheckedProduct(args, CheckedProduct(args, w.batch, w.OutPixels()), row);
  d.filter = CheckedProduct(args, w.Taps(), row);
  return d;
}

}  // namespace

// Depthwise: window, channels, multiplier, x, filter, out
LLM_INSTRUCTION(Depthwise) {
  const DepthwiseArgs d = ReadDepthwise(args);
  const float* x = args.Input<float>("x", d.in);
  const float* filter = args.Input<float>("filter", d.filter);
  float* out = args.Output<float>("out", d.out);
  args.End();
  DepthwiseForward(d.shape, x, filter, out, args, pool);
}

// DepthwiseInputGrad: window, channels, multiplier, dy, filter, dx
LLM_INSTRUCTION(DepthwiseInputGrad) {
  const DepthwiseArgs d = ReadDepthwise(args);
  const float* dy = args.Input<float>("dy", d.out);
  const float* filter = args.Input<float>("filter", d.filter);
  float* dx = args.Output<float>("dx", d.in);
  args.End();
  DepthwiseInputGrad(d.shape, dy, filter, dx, args, pool);
}

// DepthwiseFilterGrad: window, channels, multiplier, x, dy, dfilter
LLM_INSTRUCTION(DepthwiseFilterGrad) {
  const DepthwiseArgs d = ReadDepthwise(args);
  const float* x = args.Input<float>("x", d.in);
  const float* dy = args.Input<float>("dy", d.out);
  float* dfilter = args.Output<float>("dfilter", d.filter);
  args.End();
  DepthwiseFilterGrad(d.shape, x, dy, dfilter, pool);
}

}  // namespace llm

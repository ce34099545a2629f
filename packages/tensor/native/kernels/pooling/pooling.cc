#include "kernels/pooling/pooling.h"

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr double kTaskReads = 1 << 17;  // elements that a task reads: about 20 microseconds

// What one position reads, in the calling thread's workspace.
struct Reads {
  const float** rows;
  const int32_t** chosen;
  int32_t* taps;
  float* weights;
  size_t count;
};
static_assert(kMaxPoolTaps * (2 * sizeof(void*) + 2 * sizeof(float)) <= Pool::kWorkspaceFloats * sizeof(float),
              "the lists fit");

Reads ReadsOfThread() {
  Reads reads;
  reads.rows = reinterpret_cast<const float**>(Pool::Workspace());
  reads.chosen = reinterpret_cast<const int32_t**>(reads.rows + kMaxPoolTaps);
  reads.taps = reinterpret_cast<int32_t*>(reads.chosen + kMaxPoolTaps);
  reads.weights = reinterpret_cast<float*>(reads.taps + kMaxPoolTaps);
  reads.count = 0;
  return reads;
}

// add(reads, tap, pixel) for every tap of a position that reads a pixel, then visit(position, reads).
template <typename Add, typename Visit>
void ForEachPosition(const TapMap& map, size_t channels, Pool& pool, const Add& add, const Visit& visit) {
  const size_t reads_per_pixel = map.Taps() * channels;
  const size_t grain = static_cast<size_t>(kTaskReads / (static_cast<double>(reads_per_pixel) + 1)) + 1;
  Pool::Workspace();
  pool.ForRange(map.batch * map.Positions(), grain, [&](size_t begin, size_t end) {
    Reads reads = ReadsOfThread();
    for (size_t i = begin; i < end; ++i) {
      reads.count = 0;
      ForEachTap(map, PlaceOf(i, map.positions), [&](size_t tap, size_t pixel) {
        add(reads, tap, pixel);
        ++reads.count;
      });
      visit(i, reads);
    }
  });
}

// 1 / the number of taps, or of those inside the image, for each position of the forward map.
float* InverseCounts(const TapMap& map, bool counts_inside, Args& args) {
  float* inverse = args.Scratch<float>(map.Positions());
  for (size_t i = 0; i < map.Positions(); ++i) {
    const Place place = PlaceOf(i, map.positions);
    size_t count = 1;
    for (int a = 0; a < kWindowAxes; ++a) {
      size_t inside = 0;
      for (size_t tap = 0; tap < map.taps[a]; ++tap) {
        inside += !counts_inside || map.table[a][tap * map.positions[a] + place.at[a]] >= 0 ? 1 : 0;
      }
      count *= inside;
    }
    inverse[i] = count == 0 ? 0.0f : 1.0f / static_cast<float>(count);
  }
  return inverse;
}

}  // namespace

void MaxPool(const PoolShape& s, const float* x, float* out, Args& args, Pool& pool) {
  const TapMap map = ForwardTaps(s.window, args);
  auto* max_of_rows = MaxOfRowsForCpu();
  ForEachPosition(
      map, s.channels, pool,
      [&](Reads& r, size_t, size_t pixel) { r.rows[r.count] = x + pixel * s.channels; },
      [&](size_t i, const Reads& r) { max_of_rows(r.rows, r.count, s.channels, out + i * s.channels); });
}

void AvgPool(const PoolShape& s, const float* x, float* out, Args& args, Pool& pool) {
  const TapMap map = ForwardTaps(s.window, args);
  auto* sum_of_rows = SumOfRowsForCpu();
  ForEachPosition(
      map, s.channels, pool,
      [&](Reads& r, size_t, size_t pixel) { r.rows[r.count] = x + pixel * s.channels; },
      [&](size_t i, const Reads& r) {
        const size_t count = r.count == 0 ? 1 : r.count;
        sum_of_rows(r.rows, r.count, s.channels, 1.0f / static_cast<float>(count), out + i * s.channels);
      });
}

void MaxPoolTaps(const PoolShape& s, const float* x, int32_t* taps, Args& args, Pool& pool) {
  const TapMap map = ForwardTaps(s.window, args);
  auto* max_row_taps = MaxRowTapsForCpu();
  ForEachPosition(
      map, s.channels, pool,
      [&](Reads& r, size_t tap, size_t pixel) {
        r.rows[r.count] = x + pixel * s.channels;
        r.taps[r.count] = static_cast<int32_t>(tap);
      },
      [&](size_t i, const Reads& r) { max_row_taps(r.rows, r.taps, r.count, s.channels, taps + i * s.channels); });
}

void MaxPoolGrad(const PoolShape& s, const float* x, const float* dy, float* dx, Args& args, Pool& pool) {
  int32_t* chosen = args.Scratch<int32_t>(s.window.batch * s.window.OutPixels() * s.channels);
  MaxPoolTaps(s, x, chosen, args, pool);
  const TapMap map = BackwardTaps(s.window, args);
  auto* sum_of_chosen = SumOfChosenForCpu();
  ForEachPosition(
      map, s.channels, pool,
      [&](Reads& r, size_t tap, size_t pixel) {
        r.rows[r.count] = dy + pixel * s.channels;
        r.chosen[r.count] = chosen + pixel * s.channels;
        r.taps[r.count] = static_cast<int32_t>(tap);
      },
      [&](size_t i, const Reads& r) {
        sum_of_chosen(r.rows, r.chosen, r.taps, r.count, s.channels, dx + i * s.channels);
      });
}

void AvgPoolGrad(const PoolShape& s, bool counts_inside, const float* dy, float* dx, Args& args, Pool& pool) {
  const TapMap map = BackwardTaps(s.window, args);
  const float* inverse = InverseCounts(ForwardTaps(s.window, args), counts_inside, args);
  const size_t outs = s.window.OutPixels();
  auto* weighted_sum = WeightedSumOfRowsForCpu();
  ForEachPosition(
      map, s.channels, pool,
      [&](Reads& r, size_t, size_t pixel) {
        r.rows[r.count] = dy + pixel * s.channels;
        r.weights[r.count] = inverse[pixel % outs];
      },
      [&](size_t i, const Reads& r) {
        weighted_sum(r.rows, r.weights, r.count, s.channels, dx + i * s.channels);
      });
}

namespace {

struct PoolArgs {
  PoolShape shape;
  size_t in, out;
};

PoolArgs ReadPool(Args& args) {
  PoolArgs p;
  p.shape.window = ReadWindow(args);
  p.shape.channels = args.Size("channels");
  const Window& w = p.shape.window;
  args.Check(w.Taps() <= kMaxPoolTaps, "filter", "at most 32768 taps");
  p.in = CheckedProduct(args, CheckedProduct(args, w.batch, w.InPixels()), p.shape.channels);
  p.out = CheckedProduct(args, CheckedProduct(args, w.batch, w.OutPixels()), p.shape.channels);
  return p;
}

// The tap of each maximum becomes its place in x: in its own image, or in all of them.
void ToPlaces(const PoolShape& s, bool counts_batch, int32_t* taps, Pool& pool) {
  const WindowAxis(&axes)[kWindowAxes] = s.window.axes;
  const size_t outs[kWindowAxes] = {axes[0].out, axes[1].out, axes[2].out};
  const size_t filters[kWindowAxes] = {axes[0].filter, axes[1].filter, axes[2].filter};
  pool.ForRange(s.window.batch * s.window.OutPixels(), (1 << 14) / (s.channels + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t o = begin; o < end; ++o) {
      const Place out = PlaceOf(o, outs);
      for (size_t c = 0; c < s.channels; ++c) {
        int32_t& value = taps[o * s.channels + c];
        if (value < 0) continue;
        const Place tap = PlaceOf(static_cast<size_t>(value), filters);
        size_t pixel = counts_batch ? out.image : 0;
        for (int a = 0; a < kWindowAxes; ++a) {
          pixel = pixel * axes[a].in + out.at[a] * axes[a].stride + tap.at[a] * axes[a].dilation - axes[a].pad;
        }
        value = static_cast<int32_t>(pixel * s.channels + c);
      }
    }
  });
}

}  // namespace

// MaxPool, AvgPool: window, channels, x, out
LLM_INSTRUCTION(MaxPool) {
  const PoolArgs p = ReadPool(args);
  const float* x = args.Input<float>("x", p.in);
  float* out = args.Output<float>("out", p.out);
  args.End();
  MaxPool(p.shape, x, out, args, pool);
}

LLM_INSTRUCTION(AvgPool) {
  const PoolArgs p = ReadPool(args);
  const float* x = args.Input<float>("x", p.in);
  float* out = args.Output<float>("out", p.out);
  args.End();
  AvgPool(p.shape, x, out, args, pool);
}

// MaxPoolPlaces: window, channels, countsBatch, x, places: where in x each maximum lies, -1 for none
LLM_INSTRUCTION(MaxPoolPlaces) {
  const PoolArgs p = ReadPool(args);
  const bool counts_batch = args.Bool("countsBatch");
  const float* x = args.Input<float>("x", p.in);
  int32_t* places = args.Output<int32_t>("places", p.out);
  args.End();
  MaxPoolTaps(p.shape, x, places, args, pool);
  ToPlaces(p.shape, counts_batch, places, pool);
}

// MaxPoolGrad: window, channels, x, dy, dx
LLM_INSTRUCTION(MaxPoolGrad) {
  const PoolArgs p = ReadPool(args);
  const float* x = args.Input<float>("x", p.in);
  const float* dy = args.Input<float>("dy", p.out);
  float* dx = args.Output<float>("dx", p.in);
  args.End();
  MaxPoolGrad(p.shape, x, dy, dx, args, pool);
}

// AvgPoolGrad: window, channels, countsInside, dy, dx
LLM_INSTRUCTION(AvgPoolGrad) {
  const PoolArgs p = ReadPool(args);
  const bool counts_inside = args.Bool("countsInside");
  const float* dy = args.Input<float>("dy", p.out);
  float* dx = args.Output<float>("dx", p.in);
  args.End();
  AvgPoolGrad(p.shape, counts_inside, dy, dx, args, pool);
}

}  // namespace llm

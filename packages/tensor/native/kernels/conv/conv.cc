#include "kernels/conv/conv.h"

#include <cstring>

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/gemm_plan.h"

namespace llm {
namespace {

constexpr size_t kDepth = 1024;      // products between two writes of a tile: then a panel of the filter is 128 KiB
constexpr size_t kMaxTaps = 512;     // of which the sources are listed at a time
constexpr size_t kMinBlockRows = 12;
constexpr size_t kWantedTasks = 16;  // so that threads finish at about the same time

size_t Smaller(size_t a, size_t b) { return a < b ? a : b; }
size_t Larger(size_t a, size_t b) { return a > b ? a : b; }

// out[position][n] = sum over taps and channels of source[pixel][c] * filter[tap][c][n], for a map of either
// direction.
class IndirectConv {
 public:
  IndirectConv(const TapMap& map, size_t channels, size_t columns, const float* source, float* out, Args& args)
      : map_(map),
        channels_(channels),
        columns_(columns),
        source_(source),
        out_(out),
        panel_width_(GemmTileSizeForCpu()().columns),
        depth_(map.Taps() * channels),
        packed_(args.Scratch<float>(depth_ * RoundUp(columns, panel_width_))),
        zeros_(args.Scratch<float>(channels)),
        order_(args.Scratch<int32_t>(map.positions[2])) {
    std::memset(zeros_, 0, channels * sizeof(float));
    for (size_t i = 0; i < map.positions[2]; ++i) order_[i] = static_cast<int32_t>(i);
  }

  // Element (c, n) of tap t is filter[t * C * N + c * c_stride + n * n_stride].
  void Pack(const float* filter, size_t c_stride, size_t n_stride, Pool& pool) {
    auto* pack = GemmPackBForCpu();
    pool.Run(map_.Taps(), [&](size_t tap) {
      pack(filter + tap * channels_ * columns_, n_stride, c_stride, columns_, channels_,
           packed_ + tap * channels_ * panel_width_, depth_ * panel_width_);
    });
  }

  // Positions that the stride steps over are computed next to each other: their tiles skip the same taps.
  void OrderByPhase(size_t stride) {
    size_t next = 0;
    for (size_t phase = 0; phase < stride && next < map_.positions[2]; ++phase) {
      for (size_t i = phase; i < map_.positions[2]; i += stride) order_[next++] = static_cast<int32_t>(i);
    }
  }

  void Run(const ConvEpilogue& epilogue, Pool& pool) {
    const size_t rows = map_.batch * map_.Positions();
    const size_t wanted = RoundUp(DivideUp(rows, kWantedTasks), kMinBlockRows);
    Pool::Workspace();
    pool.ForRange(rows, Smaller(Larger(wanted, kMinBlockRows), kConvBlockRows),
                  [&](size_t begin, size_t end) { RunBlock(begin, end - begin, epilogue); });
  }

 private:
  void RunBlock(size_t first, size_t rows, const ConvEpilogue& epilogue) const {
    float** out = reinterpret_cast<float**>(Pool::Workspace());
    const float** sources = const_cast<const float**>(out + kConvBlockRows);
    Place places[kConvBlockRows];
    for (size_t r = 0; r < rows; ++r) {
      places[r] = PlaceOf(first + r, map_.positions);
      const size_t line = first + r - places[r].at[2];
      places[r].at[2] = static_cast<size_t>(order_[places[r].at[2]]);
      out[r] = out_ + (line + places[r].at[2]) * columns_;
    }
    const size_t taps = map_.Taps();
    const size_t step = Smaller(Larger(kDepth / (channels_ + 1), 1), kMaxTaps);
    for (size_t tap = 0; tap == 0 || tap < taps; tap += step) {
      const size_t count = Smaller(taps - tap, step);
      ListSources(tap, count, places, rows, sources);
      const GemmInit init = tap > 0 ? GemmInit::kC : epilogue.bias ? GemmInit::kBias : GemmInit::kZero;
      RunTiles(tap, count, sources, out, rows, init, epilogue.bias);
    }
    if (epilogue.activation == Activation::kNone) return;
    GemmActivateForCpu()(out_ + first * columns_, columns_, rows, columns_, epilogue.activation, epilogue.alpha);
  }

  void ListSources(size_t tap, size_t count, const Place* places, size_t rows, const float** sources) const {
    for (size_t t = 0; t < count; ++t, sources += kConvBlockRows) {
      const Place at = PlaceOf(tap + t, map_.taps);
      const int32_t* table[kWindowAxes];
      for (int a = 0; a < kWindowAxes; ++a) table[a] = map_.table[a] + at.at[a] * map_.positions[a];
      for (size_t r = 0; r < rows; ++r) sources[r] = SourceAt(places[r], table);
      for (size_t r = rows; r < kConvBlockRows; ++r) sources[r] = zeros_;
    }
  }

  const float* SourceAt(const Place& place, const int32_t* const (&table)[kWindowAxes]) const {
    size_t pixel = place.image;
    for (int a = 0; a < kWindowAxes; ++a) {
      const int32_t source = table[a][place.at[a]];
      if (source < 0) return zeros_;
      pixel = pixel * map_.sources[a] + static_cast<size_t>(source);
    }
    return source_ + pixel * channels_;
  }

  void RunTiles(size_t tap, size_t taps, const float* const* sources, float* const* out, size_t rows, GemmInit init,
                const float* bias) const {
    auto* run_tile = ConvTileForCpu();
    const size_t tile_rows = ConvTileRowsForCpu()();
    for (size_t column = 0; column < columns_; column += panel_width_) {
      const float* panel = packed_ + column * depth_ + tap * channels_ * panel_width_;
      for (size_t row = 0; row < rows; row += tile_rows) {
        float* tile_out[kConvBlockRows];
        const size_t count = Smaller(rows - row, tile_rows);
        for (size_t r = 0; r < count; ++r) tile_out[r] = out[row + r] + column;
        run_tile({sources + row, kConvBlockRows, taps, channels_, zeros_, panel, panel_width_, tile_out, count,
                  Smaller(columns_ - column, panel_width_), init, bias == nullptr ? nullptr : bias + column});
      }
    }
  }

  const TapMap& map_;
  const size_t channels_;
  const size_t columns_;
  const float* source_;
  float* out_;
  const size_t panel_width_;
  const size_t depth_;
  float* packed_;
  float* zeros_;
  int32_t* order_;
};

void RunGemmWith(const Gemm& gemm, Args& args, Pool& pool) {
  RunGemm(gemm, args.Scratch<float>(GemmScratch(gemm)), pool);
}

}  // namespace

void ConvForward(const ConvShape& s, const float* x, const float* filter, const ConvEpilogue& epilogue, float* out,
                 Args& args, Pool& pool) {
  if (s.OutSize() == 0) return;
  if (s.window.IsPointwise()) {
    Gemm g;
    g.m = s.window.batch * s.window.InPixels();
    g.n = s.out_channels;
    g.k = s.in_channels;
    g.a = x;
    g.a_row = g.k;
    g.a_k = 1;
    g.b = filter;
    g.b_k = g.n;
    g.b_column = 1;
    g.c = out;
    g.c_row = g.n;
    g.bias = epilogue.bias;
    g.activation = epilogue.activation;
    g.alpha = epilogue.alpha;
    return RunGemmWith(g, args, pool);
  }
  const TapMap map = ForwardTaps(s.window, args);
  IndirectConv conv(map, s.in_channels, s.out_channels, x, out, args);
  conv.Pack(filter, s.out_channels, 1, pool);
  conv.Run(epilogue, pool);
}

void ConvInputGrad(const ConvShape& s, const float* dy, const float* filter, float* dx, Args& args, Pool& pool) {
  if (s.InSize() == 0) return;
  if (s.window.IsPointwise()) {
    Gemm g;
    g.m = s.window.batch * s.window.InPixels();
    g.n = s.in_channels;
    g.k = s.out_channels;
    g.a = dy;
    g.a_row = g.k;
    g.a_k = 1;
    g.b = filter;
    g.b_k = 1;
    g.b_column = g.k;
    g.c = dx;
    g.c_row = g.n;
    return RunGemmWith(g, args, pool);
  }
  const TapMap map = BackwardTaps(s.window, args);
  IndirectConv conv(map, s.out_channels, s.in_channels, dy, dx, args);
  conv.Pack(filter, 1, s.out_channels, pool);
  conv.OrderByPhase(s.window.axes[2].stride);
  conv.Run({}, pool);
}

}  // namespace llm

#include "kernels/conv/conv.h"

#include <cstring>

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/gemm_plan.h"
#include "kernels/read_args.h"

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
  // source_row: values from one source pixel to the next; at least `channels` unless taps overlap.
  IndirectConv(const TapMap& map, size_t channels, size_t source_row, size_t columns, const float* source, float* out,
               Args& args)
      : map_(map),
        channels_(channels),
        source_row_(source_row),
        columns_(columns),
        source_(source),
        out_(out),
        panel_width_(GemmTileSizeForCpu()().columns),
        depth_(map.Taps() * channels),
        packed_(args.Scratch<float>(depth_ * RoundUp(columns, panel_width_))),
        zeros_(args.Scratch<float>(channels)) {
    std::memset(zeros_, 0, channels * sizeof(float));
  }

  // Element (c, n) of tap t is filter[t * C * N + c * c_stride + n * n_stride].
  void Pack(const float* filter, size_t c_stride, size_t n_stride, Pool& pool) {
    auto* pack = GemmPackBForCpu();
    pool.Run(map_.Taps(), [&](size_t tap) {
      pack(filter + tap * channels_ * columns_, n_stride, c_stride, columns_, channels_,
           packed_ + tap * channels_ * panel_width_, depth_ * panel_width_);
    });
  }

  // Positions at the same distance from what the strides step over are computed next to each other: their tiles skip
  // the same taps.
  void OrderByPhase(const Window& window, Args& args) {
    const size_t(&dims)[kWindowAxes] = map_.positions;
    size_t strides[kWindowAxes], phases = 1;
    for (int a = 0; a < kWindowAxes; ++a) {
      strides[a] = Smaller(window.axes[a].stride, dims[a]);
      phases *= strides[a];
    }
    if (phases == 1) return;
    order_ = args.Scratch<size_t>(map_.Positions());
    size_t next = 0;
    for (size_t phase = 0; phase < phases; ++phase) {
      const Place first = PlaceOf(phase, strides);
      for (size_t i = first.at[0]; i < dims[0]; i += strides[0]) {
        for (size_t j = first.at[1]; j < dims[1]; j += strides[1]) {
          for (size_t k = first.at[2]; k < dims[2]; k += strides[2]) order_[next++] = (i * dims[1] + j) * dims[2] + k;
        }
      }
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
      const size_t pixel = PixelOf(first + r);
      places[r] = PlaceOf(pixel, map_.positions);
      out[r] = out_ + pixel * columns_;
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

  size_t PixelOf(size_t row) const {
    if (order_ == nullptr) return row;
    const size_t within = row % map_.Positions();
    return row - within + order_[within];
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
    return source_ + pixel * source_row_;
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
  const size_t source_row_;
  const size_t columns_;
  const float* source_;
  float* out_;
  const size_t panel_width_;
  const size_t depth_;
  float* packed_;
  float* zeros_;
  size_t* order_ = nullptr;  // the pixels of an image in the order of computing, where it is not their own
};

// Few channels, as of a picture: the loop over a tap's channels would end before it is fast.
constexpr size_t kFewChannels = 16;

bool HasShortRows(const ConvShape& s) {
  const WindowAxis& axis = s.window.axes[2];
  return s.in_channels < kFewChannels && axis.filter > 1 && axis.dilation == 1;
}

// The taps along the last axis lie side by side in memory: with the lines padded, they are one tap of all their
// channels.
void RunWithShortRows(const ConvShape& s, const float* x, const float* filter, const ConvEpilogue& epilogue, float* out,
                      Args& args, Pool& pool) {
  Window window = s.window;
  WindowAxis& axis = window.axes[2];
  const size_t C = s.in_channels, width = (axis.out - 1) * axis.stride + axis.filter;
  const size_t from = axis.pad, count = from < width ? Smaller(axis.in, width - from) : 0;
  const size_t lines = window.batch * window.axes[0].in * window.axes[1].in;
  float* padded = args.Scratch<float>(CheckedProduct(args, lines, width, C));
  pool.ForRange(lines, (1 << 14) / (width * C + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t line = begin; line < end; ++line) {
      float* to = padded + line * width * C;
      std::memset(to, 0, width * C * sizeof(float));
      if (count * C > 0) std::memcpy(to + from * C, x + line * s.window.axes[2].in * C, count * C * sizeof(float));
    }
  });
  const size_t taps = axis.filter;
  axis = {width, axis.out, 1, axis.stride, 1, 0};
  const TapMap map = ForwardTaps(window, args);
  IndirectConv conv(map, taps * C, C, s.out_channels, padded, out, args);
  conv.Pack(filter, s.out_channels, 1, pool);
  conv.Run(epilogue, pool);
}

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
  if (HasShortRows(s)) return RunWithShortRows(s, x, filter, epilogue, out, args, pool);
  const TapMap map = ForwardTaps(s.window, args);
  IndirectConv conv(map, s.in_channels, s.in_channels, s.out_channels, x, out, args);
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
  IndirectConv conv(map, s.out_channels, s.out_channels, s.in_channels, dy, dx, args);
  conv.Pack(filter, 1, s.out_channels, pool);
  conv.OrderByPhase(s.window, args);
  conv.Run({}, pool);
}

}  // namespace llm

#include "kernels/window/window.h"

#include "kernels/read_args.h"

namespace llm {
namespace {

constexpr int64_t kMaxStep = 1 << 24;            // of strides, dilations and padding, so that no product overflows
constexpr int64_t kMaxAxis = (int64_t{1} << 31) - 1;

size_t ReadUpTo(Args& args, const char* name, int64_t min, int64_t max) {
  return static_cast<size_t>(args.Int(name, min, max));
}

WindowAxis ReadAxis(Args& args) {
  WindowAxis axis;
  axis.in = ReadUpTo(args, "in", 0, kMaxAxis);
  axis.out = ReadUpTo(args, "out", 0, kMaxAxis);
  axis.filter = ReadUpTo(args, "filter", 0, kMaxStep);
  axis.stride = ReadUpTo(args, "stride", 1, kMaxStep);
  axis.dilation = ReadUpTo(args, "dilation", 1, kMaxStep);
  axis.pad = ReadUpTo(args, "pad", 0, kMaxStep);
  return axis;
}

// The input under tap `tap` of output `out`, or -1. Below 0 the difference wraps to a number above `in`.
int32_t SourceOf(const WindowAxis& axis, size_t out, size_t tap) {
  const size_t source = out * axis.stride + tap * axis.dilation - axis.pad;
  return source < axis.in ? static_cast<int32_t>(source) : -1;
}

// The output whose tap `tap` reads input `in`, or -1.
int32_t ReaderOf(const WindowAxis& axis, size_t in, size_t tap) {
  const size_t shifted = in + axis.pad;
  const size_t offset = tap * axis.dilation;
  if (shifted < offset || (shifted - offset) % axis.stride != 0) return -1;
  const size_t out = (shifted - offset) / axis.stride;
  return out < axis.out ? static_cast<int32_t>(out) : -1;
}

TapMap MapOf(const Window& window, bool is_forward, Args& args) {
  TapMap map;
  map.batch = window.batch;
  for (int a = 0; a < kWindowAxes; ++a) {
    const WindowAxis& axis = window.axes[a];
    map.positions[a] = is_forward ? axis.out : axis.in;
    map.sources[a] = is_forward ? axis.in : axis.out;
    map.taps[a] = axis.filter;
    int32_t* table = args.Scratch<int32_t>(CheckedProduct(args, axis.filter, map.positions[a]));
    for (size_t tap = 0; tap < axis.filter; ++tap) {
      for (size_t i = 0; i < map.positions[a]; ++i) {
        table[tap * map.positions[a] + i] = is_forward ? SourceOf(axis, i, tap) : ReaderOf(axis, i, tap);
      }
    }
    map.table[a] = table;
  }
  return map;
}

}  // namespace

bool Window::IsPointwise() const {
  for (const WindowAxis& axis : axes) {
    if (axis.filter != 1 || axis.stride != 1 || axis.pad != 0 || axis.in != axis.out) return false;
  }
  return true;
}

Window ReadWindow(Args& args) {
  Window window;
  window.batch = args.Size("batch");
  size_t in = window.batch, out = window.batch, taps = 1;
  for (WindowAxis& axis : window.axes) {
    axis = ReadAxis(args);
    in = CheckedProduct(args, in, axis.in);
    out = CheckedProduct(args, out, axis.out);
    taps = CheckedProduct(args, taps, axis.filter);
  }
  return window;
}

TapMap ForwardTaps(const Window& window, Args& args) { return MapOf(window, true, args); }
TapMap BackwardTaps(const Window& window, Args& args) { return MapOf(window, false, args); }

Place PlaceOf(size_t pixel, const size_t (&dims)[kWindowAxes]) {
  Place place;
  for (int a = kWindowAxes - 1; a >= 0; --a) {
    place.at[a] = pixel % dims[a];
    pixel /= dims[a];
  }
  place.image = pixel;
  return place;
}

}  // namespace llm

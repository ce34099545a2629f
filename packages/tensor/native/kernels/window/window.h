// A window that slides over the axes of an image: what convolutions and pooling have in common.
//
// Images are [batch, ...axes, channels], contiguous. There are always three axes: a 2-D operation has a first axis
// of size 1. A pixel is one place of an image, all its channels side by side.
#pragma once

#include <cstddef>
#include <cstdint>

#include "node/args.h"

namespace llm {

constexpr int kWindowAxes = 3;

struct WindowAxis {
  size_t in = 1;
  size_t out = 1;
  size_t filter = 1;  // taps of the window
  size_t stride = 1;
  size_t dilation = 1;
  size_t pad = 0;  // before the first element
};

struct Window {
  size_t batch = 1;
  WindowAxis axes[kWindowAxes];

  size_t InPixels() const { return axes[0].in * axes[1].in * axes[2].in; }     // of one image
  size_t OutPixels() const { return axes[0].out * axes[1].out * axes[2].out; }
  size_t Taps() const { return axes[0].filter * axes[1].filter * axes[2].filter; }
  // One tap that reads its own pixel.
  bool IsPointwise() const;
};

// Reads batch, then for each axis in, out, filter, stride, dilation, pad. The pixels of all images are at most 2^46.
Window ReadWindow(Args& args);

// Which source each tap of each position reads, axis by axis: table[axis][tap * positions + position], -1 where it
// is padding or (in the backward map) where the stride steps over it.
struct TapMap {
  size_t batch;
  size_t positions[kWindowAxes];
  size_t sources[kWindowAxes];
  size_t taps[kWindowAxes];
  const int32_t* table[kWindowAxes];

  size_t Positions() const { return positions[0] * positions[1] * positions[2]; }  // of one image
  size_t Sources() const { return sources[0] * sources[1] * sources[2]; }
  size_t Taps() const { return taps[0] * taps[1] * taps[2]; }
};

// Positions are outputs, sources inputs.
TapMap ForwardTaps(const Window& window, Args& args);
// Positions are inputs, sources outputs: where the gradient of an input comes from.
TapMap BackwardTaps(const Window& window, Args& args);

// A pixel by its axes.
struct Place {
  size_t image;
  size_t at[kWindowAxes];
};
Place PlaceOf(size_t pixel, const size_t (&dims)[kWindowAxes]);

// visit(tap, source pixel) for every tap of `place` that reads one, taps in order.
template <typename Visit>
inline void ForEachTap(const TapMap& map, const Place& place, const Visit& visit) {
  for (size_t t0 = 0; t0 < map.taps[0]; ++t0) {
    const int32_t s0 = map.table[0][t0 * map.positions[0] + place.at[0]];
    if (s0 < 0) continue;
    for (size_t t1 = 0; t1 < map.taps[1]; ++t1) {
      const int32_t s1 = map.table[1][t1 * map.positions[1] + place.at[1]];
      if (s1 < 0) continue;
      const size_t line = ((place.image * map.sources[0] + static_cast<size_t>(s0)) * map.sources[1] +
                           static_cast<size_t>(s1)) * map.sources[2];
      const size_t tap = (t0 * map.taps[1] + t1) * map.taps[2];
      for (size_t t2 = 0; t2 < map.taps[2]; ++t2) {
        const int32_t s2 = map.table[2][t2 * map.positions[2] + place.at[2]];
        if (s2 >= 0) visit(tap + t2, line + static_cast<size_t>(s2));
      }
    }
  }
}

}  // namespace llm

// Warp: every pixel of the output reads the image at a projective map of its own place; tfjs's Transform and
// RotateWithOffset. Coordinates are computed in double.
#include <cmath>

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

enum class FillMode : int { kConstant = 0, kReflect = 1, kWrap = 2, kNearest = 3 };

struct Warp {
  size_t batch, height, width, channels, out_height, out_width;
  bool is_bilinear;
  FillMode fill_mode;
  const float* fill;  // [channels]
};

double ClampTo(double position, double size) { return position < 0 ? 0 : position > size - 1 ? size - 1 : position; }

// Reflects [abcd] to [dcba|abcd|dcba].
double Reflect(double position, double size) {
  if (size <= 1) return 0;
  const double period = 2 * size;
  if (position < 0) {
    position += period * std::trunc(-position / period);
    position = position < -size ? position + period : -position - 1;
  } else if (position > size - 1) {
    position -= period * std::trunc(position / period);
    if (position >= size) position = period - position - 1;
  }
  return ClampTo(position, size);
}

// Repeats [abcd] to [abcd|abcd|abcd].
double Wrap(double position, double size) {
  if (size <= 1) return 0;
  if (position < 0) {
    position += size * (std::trunc(-position / (size - 1)) + 1);
  } else if (position > size - 1) {
    position -= size * std::trunc(position / (size - 1));
  }
  return ClampTo(position, size);
}

double MapPosition(double position, size_t length, FillMode mode) {
  const double size = static_cast<double>(length);
  switch (mode) {
    case FillMode::kReflect: return Reflect(position, size);
    case FillMode::kWrap: return Wrap(position, size);
    case FillMode::kNearest: return ClampTo(position, size);
    case FillMode::kConstant: break;
  }
  return position;
}

// The pixel at (y, x), or the fill values outside the image. NaN is outside.
const float* PixelAt(const Warp& w, const float* image, double y, double x) {
  const bool is_inside = y >= 0 && y < static_cast<double>(w.height) && x >= 0 && x < static_cast<double>(w.width);
  if (!is_inside) return w.fill;
  return image + (static_cast<size_t>(y) * w.width + static_cast<size_t>(x)) * w.channels;
}

void BlendAt(const Warp& w, const float* image, double y, double x, float* out) {
  const double top = std::floor(y), left = std::floor(x);
  const float* corners[4] = {PixelAt(w, image, top, left), PixelAt(w, image, top, left + 1),
                             PixelAt(w, image, top + 1, left), PixelAt(w, image, top + 1, left + 1)};
  const double across = x - left, down = y - top;
  for (size_t c = 0; c < w.channels; ++c) {
    const double upper = (1 - across) * static_cast<double>(corners[0][c]) + across * static_cast<double>(corners[1][c]);
    const double lower = (1 - across) * static_cast<double>(corners[2][c]) + across * static_cast<double>(corners[3][c]);
    out[c] = static_cast<float>((1 - down) * upper + down * lower);
  }
}

void CopyPixel(const float* from, size_t channels, float* out) {
  for (size_t c = 0; c < channels; ++c) out[c] = from[c];
}

// m: the map's eight numbers. (y, x) reads ((m0 x + m1 y + m2) / p, (m3 x + m4 y + m5) / p), p = m6 x + m7 y + 1.
void WarpRow(const Warp& w, const float* image, const double* m, size_t y, float* out) {
  for (size_t x = 0; x < w.out_width; ++x, out += w.channels) {
    const double row = static_cast<double>(y), column = static_cast<double>(x);
    const double projection = m[6] * column + m[7] * row + 1;
    if (projection == 0) {
      CopyPixel(w.fill, w.channels, out);
      continue;
    }
    const double in_x = MapPosition((m[0] * column + m[1] * row + m[2]) / projection, w.width, w.fill_mode);
    const double in_y = MapPosition((m[3] * column + m[4] * row + m[5]) / projection, w.height, w.fill_mode);
    if (w.is_bilinear) {
      BlendAt(w, image, in_y, in_x, out);
    } else {
      CopyPixel(PixelAt(w, image, std::floor(in_y + 0.5), std::floor(in_x + 0.5)), w.channels, out);
    }
  }
}

Warp ReadWarp(Args& args) {
  Warp w;
  w.batch = args.Size("batch");
  w.height = args.Size("height");
  w.width = args.Size("width");
  w.channels = args.Size("channels");
  w.out_height = args.Size("outHeight");
  w.out_width = args.Size("outWidth");
  w.is_bilinear = args.Bool("isBilinear");
  w.fill_mode = static_cast<FillMode>(args.Int("fillMode", 0, 3));
  return w;
}

}  // namespace

// Warp: batch, height, width, channels, outHeight, outWidth, isBilinear, fillMode, `channels` fill values, image,
// maps [batch or 1, 8], isOneMap, out
LLM_INSTRUCTION(Warp) {
  Warp w = ReadWarp(args);
  float* fill = args.Scratch<float>(w.channels);
  for (size_t c = 0; c < w.channels; ++c) fill[c] = args.Float("fill");
  w.fill = fill;
  const size_t picture = CheckedProduct(args, w.height, w.width, w.channels);
  const size_t row = CheckedProduct(args, w.out_width, w.channels);
  const size_t rows = CheckedProduct(args, w.batch, w.out_height);
  const bool is_one_map = args.Bool("isOneMap");
  const size_t maps = is_one_map ? 1 : w.batch;
  const float* image = args.Input<float>("image", CheckedProduct(args, w.batch, picture));
  const float* map = args.Input<float>("maps", CheckedProduct(args, maps, 8));
  float* out = args.Output<float>("out", CheckedProduct(args, rows, row));
  args.End();
  pool.ForRange(rows, (1 << 12) / (row + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t b = i / w.out_height;
      double numbers[8];
      for (size_t n = 0; n < 8; ++n) numbers[n] = static_cast<double>(map[(is_one_map ? 0 : b) * 8 + n]);
      WarpRow(w, image + b * picture, numbers, i % w.out_height, out + i * row);
    }
  });
}

// Rotate: batch, height, width, channels, centerX, centerY, sine, cosine, `channels` fill values, image, out.
// Each pixel reads the nearest one of the image turned back about the centre.
LLM_INSTRUCTION(Rotate) {
  Warp w = {};
  w.batch = args.Size("batch");
  w.height = args.Size("height");
  w.width = args.Size("width");
  w.channels = args.Size("channels");
  const double center_x = args.Double("centerX"), center_y = args.Double("centerY");
  const double sine = args.Double("sine"), cosine = args.Double("cosine");
  float* fill = args.Scratch<float>(w.channels);
  for (size_t c = 0; c < w.channels; ++c) fill[c] = args.Float("fill");
  w.fill = fill;
  const size_t row = CheckedProduct(args, w.width, w.channels);
  const size_t picture = CheckedProduct(args, w.height, row);
  const size_t size = CheckedProduct(args, w.batch, picture);
  const float* image = args.Input<float>("image", size);
  float* out = args.Output<float>("out", size);
  args.End();
  pool.ForRange(w.batch * w.height, (1 << 12) / (row + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const double y = static_cast<double>(i % w.height) - center_y;
      for (size_t c = 0; c < w.width; ++c) {
        const double x = static_cast<double>(c) - center_x;
        const double in_x = std::floor(x * cosine - y * sine + center_x + 0.5);
        const double in_y = std::floor(x * sine + y * cosine + center_y + 0.5);
        const float* from = PixelAt(w, image + i / w.height * picture, in_y, in_x);
        CopyPixel(from, w.channels, out + i * row + c * w.channels);
      }
    }
  });
}

}  // namespace llm

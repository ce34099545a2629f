#include "kernels/resize/resize.h"

#include <cmath>
#include <cstring>

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 1 << 14;  // elements of a task

size_t RowsPerTask(size_t row) { return kGrain / (row + 1) + 1; }

struct Resize {
  size_t batch, height, width, out_height, out_width, channels;
  bool is_bilinear, align_corners, half_pixel_centers;
  size_t in_size, out_size;
};

// Resize's arguments: batch, height, width, outHeight, outWidth, channels, isBilinear, alignCorners, halfPixelCenters.
Resize ReadResize(Args& args) {
  Resize r;
  r.batch = args.Size("batch");
  r.height = args.Size("height");
  r.width = args.Size("width");
  r.out_height = args.Size("outHeight");
  r.out_width = args.Size("outWidth");
  r.channels = args.Size("channels");
  r.is_bilinear = args.Bool("isBilinear");
  r.align_corners = args.Bool("alignCorners");
  r.half_pixel_centers = args.Bool("halfPixelCenters");
  r.in_size = CheckedProduct(args, CheckedProduct(args, r.batch, r.height), r.width, r.channels);
  r.out_size = CheckedProduct(args, CheckedProduct(args, r.batch, r.out_height), r.out_width, r.channels);
  args.Check(r.in_size > 0 || r.out_size == 0, "images", "pixels to read");
  return r;
}

size_t Clamp(double position, size_t size) {
  if (!(position > 0)) return 0;
  return position >= static_cast<double>(size - 1) ? size - 1 : static_cast<size_t>(position);
}

// One axis: position i of the output reads what its table entry says.
const Blend* BlendsOf(size_t in, size_t out, const Resize& r, Args& args) {
  Blend* blends = args.Scratch<Blend>(out);
  const bool aligns = r.align_corners && out > 1;
  const double ratio = static_cast<double>(aligns ? in - 1 : in) / static_cast<double>(aligns ? out - 1 : out);
  for (size_t i = 0; i < out; ++i) {
    const double at = static_cast<double>(i);
    if (r.is_bilinear) {
      const double source = r.half_pixel_centers ? ratio * (at + 0.5) - 0.5 : ratio * at;
      const size_t low = Clamp(std::floor(source), in), high = Clamp(std::ceil(source), in);
      blends[i] = {low, high, static_cast<float>(source - static_cast<double>(low))};
      if (low == high) blends[i].share = 0;
    } else {
      const double source = r.half_pixel_centers ? ratio * (at + 0.5) : ratio * at;
      const size_t nearest = Clamp(r.align_corners ? std::floor(source + 0.5) : std::floor(source), in);
      blends[i] = {nearest, nearest, 0};
    }
  }
  return blends;
}

void BlendRow(const Resize& r, const Blend& row, const Blend* columns, const float* image, float* out) {
  auto* blend = BlendPixelForCpu();
  const float* top = image + row.low * r.width * r.channels;
  const float* bottom = image + row.high * r.width * r.channels;
  for (size_t c = 0; c < r.out_width; ++c, out += r.channels) {
    const size_t left = columns[c].low * r.channels, right = columns[c].high * r.channels;
    blend(top + left, top + right, bottom + left, bottom + right, columns[c].share, row.share, r.channels, out);
  }
}

void CopyRow(const Resize& r, const Blend& row, const Blend* columns, const float* image, float* out) {
  const float* from = image + row.low * r.width * r.channels;
  for (size_t c = 0; c < r.out_width; ++c, out += r.channels) {
    std::memcpy(out, from + columns[c].low * r.channels, r.channels * sizeof(float));
  }
}

constexpr size_t kFewChannels = 8;  // then a call for each pixel costs more than its sum

// Adds an output row's gradients to the input row that it read with `weight`.
void AddGradientRow(const Resize& r, const float* dy, float weight, const Blend* columns, float* dx) {
  auto* add = AddWeightedForCpu();
  for (size_t c = 0; r.channels < kFewChannels && c < r.out_width; ++c, dy += r.channels) {
    float* low = dx + columns[c].low * r.channels;
    float* high = dx + columns[c].high * r.channels;
    for (size_t i = 0; i < r.channels; ++i) low[i] += dy[i] * (weight * (1 - columns[c].share));
    for (size_t i = 0; i < r.channels; ++i) high[i] += dy[i] * (weight * columns[c].share);
  }
  if (r.channels < kFewChannels) return;
  for (size_t c = 0; c < r.out_width; ++c, dy += r.channels) {
    add(dy, weight * (1 - columns[c].share), r.channels, dx + columns[c].low * r.channels);
    if (columns[c].share != 0) add(dy, weight * columns[c].share, r.channels, dx + columns[c].high * r.channels);
  }
}

}  // namespace

// Resize: the sizes and flags of ReadResize, x, out. To the nearest pixel it copies 4-byte elements of any kind.
LLM_INSTRUCTION(Resize) {
  const Resize r = ReadResize(args);
  const float* x = args.Input<float>("x", r.in_size);
  float* out = args.Output<float>("out", r.out_size);
  args.End();
  if (r.out_size == 0) return;
  const Blend* rows = BlendsOf(r.height, r.out_height, r, args);
  const Blend* columns = BlendsOf(r.width, r.out_width, r, args);
  const size_t row_size = r.out_width * r.channels;
  pool.ForRange(r.batch * r.out_height, RowsPerTask(row_size), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float* image = x + i / r.out_height * r.height * r.width * r.channels;
      const Blend& row = rows[i % r.out_height];
      if (r.is_bilinear) {
        BlendRow(r, row, columns, image, out + i * row_size);
      } else {
        CopyRow(r, row, columns, image, out + i * row_size);
      }
    }
  });
}

// ResizeGrad: the sizes and flags of ReadResize, dy, dx.
LLM_INSTRUCTION(ResizeGrad) {
  const Resize r = ReadResize(args);
  const float* dy = args.Input<float>("dy", r.out_size);
  float* dx = args.Output<float>("dx", r.in_size);
  args.End();
  if (r.in_size == 0) return;
  const Blend* rows = BlendsOf(r.height, r.out_height, r, args);
  const Blend* columns = BlendsOf(r.width, r.out_width, r, args);
  const size_t row_size = r.width * r.channels;
  pool.ForRange(r.batch * r.height, RowsPerTask(row_size), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      float* row = dx + i * row_size;
      std::memset(row, 0, row_size * sizeof(float));
      const float* image = dy + i / r.height * r.out_height * r.out_width * r.channels;
      for (size_t o = 0; o < r.out_height; ++o) {
        const Blend& blend = rows[o];
        const bool reads_low = blend.low == i % r.height, reads_high = blend.high == i % r.height;
        const float weight = (reads_low ? 1 - blend.share : 0) + (reads_high ? blend.share : 0);
        if (reads_low || reads_high) AddGradientRow(r, image + o * r.out_width * r.channels, weight, columns, row);
      }
    }
  });
}

}  // namespace llm

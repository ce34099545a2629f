// CropAndResize: boxes [y1, x1, y2, x2] in shares of an image, cut out and resized. What lies outside the image is
// `extrapolation`; a box of an image that does not exist stays zero.
#include <cmath>
#include <cstring>

#include "kernels/read_args.h"
#include "kernels/resize/resize.h"
#include "node/instruction.h"

namespace llm {
namespace {

struct Crop {
  size_t batch, height, width, channels, boxes, crop_height, crop_width;
  bool is_bilinear;
  float extrapolation;
};

// Where line i of `count` reads, for a side from `first` to `last` of an image `size` long.
double SourceOf(float first, float last, size_t i, size_t count, size_t size) {
  const double span = static_cast<double>(size) - 1;
  if (count == 1) return 0.5 * (static_cast<double>(first) + static_cast<double>(last)) * span;
  const double step = (static_cast<double>(last) - static_cast<double>(first)) * span / static_cast<double>(count - 1);
  return static_cast<double>(first) * span + static_cast<double>(i) * step;
}

bool IsInside(double position, size_t size) { return position >= 0 && position <= static_cast<double>(size) - 1; }

void Fill(float* out, size_t count, float value) {
  for (size_t i = 0; i < count; ++i) out[i] = value;
}

void CropRow(const Crop& k, const float* image, const float* box, size_t line, float* out) {
  auto* blend = BlendPixelForCpu();
  const double y = SourceOf(box[0], box[2], line, k.crop_height, k.height);
  if (!IsInside(y, k.height)) return Fill(out, k.crop_width * k.channels, k.extrapolation);
  const size_t stride = k.width * k.channels;
  const float* top = image + static_cast<size_t>(std::floor(y)) * stride;
  const float* bottom = image + static_cast<size_t>(std::ceil(y)) * stride;
  for (size_t c = 0; c < k.crop_width; ++c, out += k.channels) {
    const double x = SourceOf(box[1], box[3], c, k.crop_width, k.width);
    if (!IsInside(x, k.width)) {
      Fill(out, k.channels, k.extrapolation);
    } else if (k.is_bilinear) {
      const size_t left = static_cast<size_t>(std::floor(x)) * k.channels;
      const size_t right = static_cast<size_t>(std::ceil(x)) * k.channels;
      blend(top + left, top + right, bottom + left, bottom + right, static_cast<float>(x - std::floor(x)),
            static_cast<float>(y - std::floor(y)), k.channels, out);
    } else {
      const size_t row = static_cast<size_t>(std::floor(y + 0.5)), column = static_cast<size_t>(std::floor(x + 0.5));
      std::memcpy(out, image + row * stride + column * k.channels, k.channels * sizeof(float));
    }
  }
}

}  // namespace

// CropAndResize: batch, height, width, channels, boxes, cropHeight, cropWidth, isBilinear, extrapolation, image,
// boxes [boxes, 4], boxImages int32 [boxes], out
LLM_INSTRUCTION(CropAndResize) {
  Crop k;
  k.batch = args.Size("batch");
  k.height = args.Size("height");
  k.width = args.Size("width");
  k.channels = args.Size("channels");
  k.boxes = args.Size("boxes");
  k.crop_height = args.Size("cropHeight");
  k.crop_width = args.Size("cropWidth");
  k.is_bilinear = args.Bool("isBilinear");
  k.extrapolation = args.Float("extrapolation");
  const size_t picture = CheckedProduct(args, k.height, k.width, k.channels);
  const size_t row = CheckedProduct(args, k.crop_width, k.channels);
  const size_t lines = CheckedProduct(args, k.boxes, k.crop_height);
  const float* image = args.Input<float>("image", CheckedProduct(args, k.batch, picture));
  const float* boxes = args.Input<float>("boxes", CheckedProduct(args, k.boxes, 4));
  const int32_t* images = args.Input<int32_t>("boxImages", k.boxes);
  float* out = args.Output<float>("out", CheckedProduct(args, lines, row));
  args.End();
  pool.ForRange(lines, (1 << 13) / (row + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t box = i / k.crop_height;
      const bool exists = images[box] >= 0 && static_cast<size_t>(images[box]) < k.batch && picture > 0;
      if (!exists) {
        Fill(out + i * row, row, 0);
      } else {
        CropRow(k, image + static_cast<size_t>(images[box]) * picture, boxes + 4 * box, i % k.crop_height, out + i * row);
      }
    }
  });
}

}  // namespace llm

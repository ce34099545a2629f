// Resizing of images [batch, height, width, channels], bilinear and to the nearest pixel, and the gradients.
//
// Which pixels an output row (column) reads, and with which share, follows tfjs: with align_corners the corners'
// centres meet, with half_pixel_centers a pixel's centre lies at +0.5. A gradient's rows are computed one by one,
// each from all output rows that read it, in order: same bits for every thread count.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

// What position i of an axis reads: low * (1 - share) + high * share.
struct Blend {
  size_t low;
  size_t high;
  float share;
};

// out[i] = the four corners, blended across by `across` and down by `down`.
LLM_SIMD_FUNCTION(void, BlendPixel, (const float* top_left, const float* top_right, const float* bottom_left,
                                     const float* bottom_right, float across, float down, size_t channels, float* out));
// out[i] += weight * x[i]
LLM_SIMD_FUNCTION(void, AddWeighted, (const float* x, float weight, size_t n, float* out));

}  // namespace llm

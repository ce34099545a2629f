// The inner pieces of the convolution, once per instruction set.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "kernels/gemm/gemm_simd.h"

namespace llm {

// Rows that ConvTile computes at once; divides kConvBlockRows.
LLM_SIMD_FUNCTION(size_t, ConvTileRows, ());
constexpr size_t kConvBlockRows = 96;

struct ConvTileArgs {
  const float* const* sources;  // source of row r for tap t: sources[t * source_stride + r], `channels` values each.
  size_t source_stride;         // Rows past `rows` have sources, too.
  size_t taps;
  size_t channels;
  const float* zeros;   // the source that padding reads
  const float* filter;  // one panel of GemmPackB: [taps * channels][panel_width]
  size_t panel_width;
  float* const* out;  // [rows], each `columns` values
  size_t rows;        // that exist
  size_t columns;     // that exist
  GemmInit init;
  const float* bias;  // for kBias
};
// out[r][n] = init + sum over taps and channels of source * filter.
LLM_SIMD_FUNCTION(void, ConvTile, (const ConvTileArgs& tile));

// Pixels in a line: pixel i has its inputs at x + i * x_step and its output gradients at dy + i * dy_step.
struct ConvRun {
  const float* x;
  const float* dy;
  size_t count;
};
struct ConvFilterTileArgs {
  const ConvRun* runs;
  size_t run_count;
  size_t x_step;
  size_t dy_step;
  const float* dy_end;  // end of all gradients: whole vectors are read up to here
  size_t channels;      // C
  size_t columns;       // N
  float* out;           // [C][N]
  bool accumulate;
};
// out[c][n] (+)= sum over all pixels of x[c] * dy[n]
LLM_SIMD_FUNCTION(void, ConvFilterTile, (const ConvFilterTileArgs& tile));

}  // namespace llm

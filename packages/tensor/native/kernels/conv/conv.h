// Convolution over one to three axes, and its two gradients. float32, channels last.
//
//   x  [batch, ...in, C]    filter [...taps, C, N]    out, dy [batch, ...out, N]
//
// Nothing is copied into columns: a tile of outputs multiplies the pixels where they lie, through a list of pointers
// ("indirect convolution": Dukhan, "The Indirect Convolution Algorithm", 2019, arXiv 1907.02129); padding points to
// a row of zeros. A filter of one tap is a plain matrix product. Every element sums its products in an order that
// depends on the shapes alone: the same bits for every thread count. Checked against the naive loops of conv_ref.cc.
#pragma once

#include <cstddef>

#include "kernels/conv/conv_simd.h"
#include "kernels/window/window.h"
#include "threading/pool.h"

namespace llm {

struct ConvShape {
  Window window;
  size_t in_channels = 0;   // C
  size_t out_channels = 0;  // N

  size_t InSize() const { return window.batch * window.InPixels() * in_channels; }
  size_t OutSize() const { return window.batch * window.OutPixels() * out_channels; }
  size_t FilterSize() const { return window.Taps() * in_channels * out_channels; }
};

struct ConvEpilogue {
  const float* bias = nullptr;  // [N], or none
  Activation activation = Activation::kNone;
  float alpha = 0;  // LeakyRelu's slope
};

// `args` gives working memory.
void ConvForward(const ConvShape& shape, const float* x, const float* filter, const ConvEpilogue& epilogue, float* out,
                 Args& args, Pool& pool);
void ConvInputGrad(const ConvShape& shape, const float* dy, const float* filter, float* dx, Args& args, Pool& pool);
void ConvFilterGrad(const ConvShape& shape, const float* x, const float* dy, float* dfilter, Args& args, Pool& pool);

// The definitions, in double: slow and obviously right.
void ConvForwardReference(const ConvShape& shape, const float* x, const float* filter, double* out);
void ConvInputGradReference(const ConvShape& shape, const float* dy, const float* filter, double* dx);
void ConvFilterGradReference(const ConvShape& shape, const float* x, const float* dy, double* dfilter);

}  // namespace llm

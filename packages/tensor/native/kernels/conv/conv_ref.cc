#include "kernels/conv/conv.h"

namespace llm {
namespace {

// visit(x index, filter index, out index) for every product.
template <typename Visit>
void ForEachProduct(const ConvShape& s, const Visit& visit) {
  const WindowAxis(&axes)[kWindowAxes] = s.window.axes;
  const size_t outs[kWindowAxes] = {axes[0].out, axes[1].out, axes[2].out};
  const size_t taps[kWindowAxes] = {axes[0].filter, axes[1].filter, axes[2].filter};
  for (size_t o = 0; o < s.window.batch * s.window.OutPixels(); ++o) {
    const Place out = PlaceOf(o, outs);
    for (size_t t = 0; t < s.window.Taps(); ++t) {
      const Place tap = PlaceOf(t, taps);
      size_t pixel = out.image;
      bool is_inside = true;
      for (int a = 0; a < kWindowAxes; ++a) {
        const size_t source = out.at[a] * axes[a].stride + tap.at[a] * axes[a].dilation;
        is_inside = is_inside && source >= axes[a].pad && source - axes[a].pad < axes[a].in;
        pixel = pixel * axes[a].in + source - axes[a].pad;
      }
      if (!is_inside) continue;
      for (size_t c = 0; c < s.in_channels; ++c) {
        for (size_t n = 0; n < s.out_channels; ++n) {
          visit(pixel * s.in_channels + c, (t * s.in_channels + c) * s.out_channels + n, o * s.out_channels + n);
        }
      }
    }
  }
}

void Clear(double* values, size_t count) {
  for (size_t i = 0; i < count; ++i) values[i] = 0;
}

}  // namespace

void ConvForwardReference(const ConvShape& s, const float* x, const float* filter, double* out) {
  Clear(out, s.OutSize());
  ForEachProduct(s, [&](size_t i, size_t w, size_t o) { out[o] += static_cast<double>(x[i]) * filter[w]; });
}

void ConvInputGradReference(const ConvShape& s, const float* dy, const float* filter, double* dx) {
  Clear(dx, s.InSize());
  ForEachProduct(s, [&](size_t i, size_t w, size_t o) { dx[i] += static_cast<double>(dy[o]) * filter[w]; });
}

void ConvFilterGradReference(const ConvShape& s, const float* x, const float* dy, double* dfilter) {
  Clear(dfilter, s.FilterSize());
  ForEachProduct(s, [&](size_t i, size_t w, size_t o) { dfilter[w] += static_cast<double>(x[i]) * dy[o]; });
}

}  // namespace llm

// The instructions Conv, ConvInputGrad and ConvFilterGrad: sizes and buffers checked.
#include "kernels/conv/conv.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

struct Sizes {
  size_t in, out, filter;
};

ConvShape ReadConvShape(Args& args) {
  ConvShape shape;
  shape.window = ReadWindow(args);
  shape.in_channels = args.Size("inChannels");
  shape.out_channels = args.Size("outChannels");
  return shape;
}

Sizes SizesOf(const ConvShape& s, Args& args) {
  const Window& w = s.window;
  return {CheckedProduct(args, CheckedProduct(args, w.batch, w.InPixels()), s.in_channels),
          CheckedProduct(args, CheckedProduct(args, w.batch, w.OutPixels()), s.out_channels),
          CheckedProduct(args, w.Taps(), s.in_channels, s.out_channels)};
}

}  // namespace

// Conv: window, inChannels, outChannels, activation, alpha, x, filter, bias [N] or -1, out
LLM_INSTRUCTION(Conv) {
  const ConvShape shape = ReadConvShape(args);
  const Sizes sizes = SizesOf(shape, args);
  ConvEpilogue epilogue;
  epilogue.activation = static_cast<Activation>(args.Int("activation", 0, kActivations - 1));
  epilogue.alpha = args.Float("alpha");
  const float* x = args.Input<float>("x", sizes.in);
  const float* filter = args.Input<float>("filter", sizes.filter);
  epilogue.bias = args.OptionalInput<float>("bias", shape.out_channels);
  float* out = args.Output<float>("out", sizes.out);
  args.End();
  ConvForward(shape, x, filter, epilogue, out, args, pool);
}

// ConvInputGrad: window, inChannels, outChannels, dy, filter, dx
LLM_INSTRUCTION(ConvInputGrad) {
  const ConvShape shape = ReadConvShape(args);
  const Sizes sizes = SizesOf(shape, args);
  const float* dy = args.Input<float>("dy", sizes.out);
  const float* filter = args.Input<float>("filter", sizes.filter);
  float* dx = args.Output<float>("dx", sizes.in);
  args.End();
  ConvInputGrad(shape, dy, filter, dx, args, pool);
}

// ConvFilterGrad: window, inChannels, outChannels, x, dy, dfilter
LLM_INSTRUCTION(ConvFilterGrad) {
  const ConvShape shape = ReadConvShape(args);
  const Sizes sizes = SizesOf(shape, args);
  const float* x = args.Input<float>("x", sizes.in);
  const float* dy = args.Input<float>("dy", sizes.out);
  float* dfilter = args.Output<float>("dfilter", sizes.filter);
  args.End();
  ConvFilterGrad(shape, x, dy, dfilter, args, pool);
}

}  // namespace llm

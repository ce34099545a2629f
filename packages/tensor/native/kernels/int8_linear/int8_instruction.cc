// The instructions Int8Quantize and Int8Linear: sizes and buffers checked.
#include "kernels/int8_linear/int8_linear.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {

// Int8Quantize: O, I, w [O, I], bytes [O, stride], scales [O], offsets [O]
LLM_INSTRUCTION(Int8Quantize) {
  const size_t O = args.Size("O");
  const size_t I = args.Size("I");
  args.Check(I <= kInt8MostColumns, "I", "at most 65536");
  const float* w = args.Input<float>("w", CheckedProduct(args, O, I));
  uint8_t* q = args.Output<uint8_t>("bytes", CheckedProduct(args, O, Int8Stride(I)));
  float* scales = args.Output<float>("scales", O);
  int32_t* offsets = args.Output<int32_t>("offsets", O);
  args.End();
  QuantizeInt8Weight(w, O, I, reinterpret_cast<int8_t*>(q), scales, offsets, pool);
}

// Int8Linear: O, I, M, x [M, I], bytes [O, stride], scales [O], offsets [O], bias [O] or -1, out [M, O]
LLM_INSTRUCTION(Int8Linear) {
  Int8Linear linear;
  linear.weight.O = args.Size("O");
  linear.weight.I = args.Size("I");
  linear.M = args.Size("M");
  const size_t O = linear.weight.O, I = linear.weight.I;
  args.Check(I <= kInt8MostColumns, "I", "at most 65536");
  linear.x = args.Input<float>("x", CheckedProduct(args, linear.M, I));
  linear.weight.q =
      reinterpret_cast<const int8_t*>(args.Input<uint8_t>("bytes", CheckedProduct(args, O, Int8Stride(I))));
  linear.weight.scales = args.Input<float>("scales", O);
  linear.weight.offsets = args.Input<int32_t>("offsets", O);
  linear.bias = args.OptionalInput<float>("bias", O);
  linear.out = args.Output<float>("out", CheckedProduct(args, linear.M, O));
  args.End();
  CheckedProduct(args, linear.M, Int8Stride(I));
  RunInt8Linear(linear, args.Scratch<float>(Int8LinearScratch(linear) + 16), pool);
}

}  // namespace llm

// Arguments that several kernels read.
#pragma once
#include "kernels/element_type.h"
#include "node/args.h"

namespace llm {

inline ElementType ReadElementType(Args& args, const char* name) {
  return static_cast<ElementType>(args.Int(name, 0, 2));
}

// Bytes of an element: 1 or 4.
inline size_t ReadWidth(Args& args) {
  const int64_t width = args.Int("width", 1, 4);
  args.Check(width == 1 || width == 4, "width", "1 or 4");
  return static_cast<size_t>(width);
}

// a * b, refused above 2^46 so that sizes in bytes cannot overflow.
inline size_t CheckedProduct(const Args& args, size_t a, size_t b) {
  constexpr size_t kMax = size_t{1} << 46;
  args.Check(b == 0 || a <= kMax / b, "sizes", "at most 2^46 elements");
  return a * b;
}

inline size_t CheckedProduct(const Args& args, size_t a, size_t b, size_t c) {
  return CheckedProduct(args, CheckedProduct(args, a, b), c);
}

}  // namespace llm

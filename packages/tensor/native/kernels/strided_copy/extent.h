// The lowest and highest element that a strided view reaches, to check it against its buffer.
#pragma once
#include "kernels/read_args.h"

namespace llm {

struct Extent {
  int64_t low = 0, high = 0;

  void Add(const Args& args, size_t dim, ptrdiff_t stride) {
    if (dim == 0) return;
    const size_t magnitude = static_cast<size_t>(stride < 0 ? -stride : stride);
    const auto reach = static_cast<int64_t>(CheckedProduct(args, dim - 1, magnitude));
    (stride < 0 ? low : high) += stride < 0 ? -reach : reach;
  }

  bool Fits(size_t offset, size_t size) const {
    const auto at = static_cast<int64_t>(offset);
    return at + low >= 0 && at + high < static_cast<int64_t>(size);
  }
};

}  // namespace llm

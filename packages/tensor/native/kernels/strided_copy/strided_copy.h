// Copies elements between two strided views of the same dimensions. Most of tfjs's data movement is
// this one loop with other strides: Transpose, Slice, StridedSlice, Reverse (negative strides),
// Tile and broadcasting (stride 0 in the source), Concat, Pack, Pad (strides of the destination).
#pragma once
#include <cstddef>

#include "threading/pool.h"

namespace llm {

constexpr size_t kMaxCopyRank = 32;

struct StridedView {
  size_t rank;                             // 0 is one element
  size_t dims[kMaxCopyRank];               // outermost first
  ptrdiff_t from_strides[kMaxCopyRank];    // in elements; 0 repeats, negative reverses
  ptrdiff_t to_strides[kMaxCopyRank];      // in elements; no two indices may meet in the destination
};

// to[sum i_d to_strides_d] = from[sum i_d from_strides_d]. Pointers are at index 0 of every dimension;
// `width` (1 or 4) is the bytes of an element. Source and destination must not overlap. Rows are
// split across the pool.
void StridedCopy(const StridedView& view, const void* from, void* to, size_t width, Pool& pool);

// The same copy in the fewest dimensions: ones dropped,
// neighbours that both sides step through as one merged. Pure. Exposed for its test.
StridedView Simplify(const StridedView& view);

}  // namespace llm

// Indices of several coordinates that name rows of `slice` elements: the row of index i is
// sum_j indices[i * depth + j] * strides[j]. GatherNd, ScatterNd and UnsortedSegmentSum use them.
#pragma once
#include <cstddef>
#include <cstdint>

#include "node/args.h"

namespace llm {

struct NdIndex {
  static constexpr size_t kMaxDepth = 16;
  size_t count, depth;
  size_t rows, slice;
  int64_t strides[kMaxDepth];  // in rows
};

inline int64_t FlatRow(const int32_t* indices, const NdIndex& nd, size_t i) {
  int64_t row = 0;
  for (size_t j = 0; j < nd.depth; ++j) row += indices[i * nd.depth + j] * nd.strides[j];
  return row;
}

inline bool IsInside(int64_t row, const NdIndex& nd) { return row >= 0 && static_cast<size_t>(row) < nd.rows; }

// The first i whose row is not in [0, rows), or count.
size_t FirstRowOutside(const int32_t* indices, const NdIndex& nd);

// Arguments: count, depth, rows, slice, then `depth` strides.
NdIndex ReadNdIndex(Args& args);

}  // namespace llm

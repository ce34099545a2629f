#include "kernels/gather/nd_index.h"

namespace llm {

size_t FirstRowOutside(const int32_t* indices, const NdIndex& nd) {
  for (size_t i = 0; i < nd.count; ++i) {
    if (!IsInside(FlatRow(indices, nd, i), nd)) return i;
  }
  return nd.count;
}

NdIndex ReadNdIndex(Args& args) {
  NdIndex nd = {};
  nd.count = args.Size("count");
  nd.depth = static_cast<size_t>(args.Int("depth", 0, static_cast<int64_t>(NdIndex::kMaxDepth)));
  nd.rows = args.Size("rows");
  nd.slice = args.Size("slice");
  // 2^28 x 2^31 x 16 stays within 63 bits.
  constexpr int64_t kMaxStride = int64_t{1} << 28;
  for (size_t j = 0; j < nd.depth; ++j) nd.strides[j] = args.Int("stride", 0, kMaxStride);
  return nd;
}

}  // namespace llm

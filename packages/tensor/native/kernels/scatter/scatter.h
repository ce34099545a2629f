// out = 0, then out[row(i)][:] += updates[i][:] for i = 0, 1, ..., rows as nd_index.h says. An index that
// names no row is passed over (ScatterNd refuses those before). This is ScatterNd, and with depth 1
// UnsortedSegmentSum, which is also the gradient of a gather.
//
// Each task owns a range of output rows and reads all indices, so the additions into one row keep the
// order of i: the bits do not depend on the number of threads.
#pragma once
#include "kernels/gather/nd_index.h"
#include "threading/pool.h"

namespace llm {

void ScatterAddF32(const int32_t* indices, const float* updates, float* out, const NdIndex& nd, Pool& pool);
void ScatterAddI32(const int32_t* indices, const int32_t* updates, int32_t* out, const NdIndex& nd, Pool& pool);

}  // namespace llm

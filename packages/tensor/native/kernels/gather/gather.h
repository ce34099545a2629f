// GatherV2: out[b][o][i][:] = x[b][o][indices[b][i]][:]. GatherNd: out[i][:] = x[flat(indices[i])][:].
// Elements of 1 or 4 bytes. Indices must be in range (FirstOutside and FirstRowOutside find one that is not).
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/gather/nd_index.h"
#include "threading/pool.h"

namespace llm {

struct GatherShape {
  size_t batch, outer, dim, indices, slice;  // `indices` of each batch
};

// The first i with indices[i] not in [0, limit), or count.
size_t FirstOutside(const int32_t* indices, size_t count, size_t limit);

void Gather(const void* x, const int32_t* indices, void* out, const GatherShape& shape, size_t width, Pool& pool);

void GatherNd(const void* x, const int32_t* indices, void* out, const NdIndex& nd, size_t width, Pool& pool);

}  // namespace llm

// Copies new keys or values into a cache [B, Smax, K, D] where it lies: cache[:, position + t] = x[:, t]. It is only
// memory traffic of one token a step, so it runs on the calling thread.
#include <cstring>

#include "node/instruction.h"

namespace llm {

// KvCacheWrite: cache shape, x shape, position, x, cache
LLM_INSTRUCTION(KvCacheWrite) {
  const Shape cache_shape = args.ReadShape("cache shape");
  const Shape x_shape = args.ReadShape("x shape");
  args.Check(cache_shape.rank == 4, "cache shape", "rank 4");
  args.Check(x_shape.rank == 4 && x_shape.dims[0] == cache_shape.dims[0] && x_shape.dims[2] == cache_shape.dims[2] &&
                 x_shape.dims[3] == cache_shape.dims[3],
             "x shape", "the cache's batch, heads and head size");
  const size_t B = x_shape.dims[0], T = x_shape.dims[1], capacity = cache_shape.dims[1];
  const size_t row = x_shape.dims[2] * x_shape.dims[3];
  const size_t position = args.Size("position");
  args.Check(T <= capacity && position <= capacity - T, "position", "room for every row");
  const float* x = args.Input<float>("x", x_shape.size());
  float* cache = args.Output<float>("cache", cache_shape.size());
  args.End();
  if (T * row == 0) return;
  for (size_t b = 0; b < B; ++b) {
    std::memcpy(cache + (b * capacity + position) * row, x + b * T * row, T * row * sizeof(float));
  }
}

}  // namespace llm

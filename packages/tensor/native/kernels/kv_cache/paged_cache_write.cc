// Copies the newest keys or values of several texts into their blocks of a pool where it lies. It is only memory
// traffic of one token a text and step, so it runs on the calling thread.
#include <cstring>

#include "node/instruction.h"

namespace llm {

// PagedCacheWrite: cache shape [1, S, K, W], x shape [B, T, K, W], block, table columns, table [B, columns], lengths [B],
// x, cache. The last T of item b's lengths[b] positions become x[b]; elements have 4 bytes.
LLM_INSTRUCTION(PagedCacheWrite) {
  const Shape cache_shape = args.ReadShape("cache shape");
  const Shape x_shape = args.ReadShape("x shape");
  args.Check(cache_shape.rank == 4 && cache_shape.dims[0] == 1, "cache shape", "[1, S, K, W]");
  args.Check(x_shape.rank == 4 && x_shape.dims[2] == cache_shape.dims[2] && x_shape.dims[3] == cache_shape.dims[3],
             "x shape", "the cache's heads and width");
  const size_t B = x_shape.dims[0], T = x_shape.dims[1], S = cache_shape.dims[1];
  const size_t row = x_shape.dims[2] * x_shape.dims[3];
  const size_t block = args.Size("block"), columns = args.Size("table columns");
  args.Check(block > 0 && columns <= (size_t{1} << 40) / block && B <= size_t{1} << 20, "block", "above 0");
  const int32_t* table = args.Input<int32_t>("table", B * columns);
  const int32_t* lengths = args.Input<int32_t>("lengths", B);
  const float* x = args.Input<float>("x", x_shape.size());
  float* cache = args.Output<float>("cache", cache_shape.size());
  args.End();
  for (size_t b = 0; b < B; ++b) {
    const bool fits = lengths[b] >= 0 && static_cast<size_t>(lengths[b]) >= T &&
                      static_cast<size_t>(lengths[b]) <= columns * block;
    args.Check(fits, "lengths", "T to what the blocks hold");
    for (size_t t = 0; t < T; ++t) {
      const size_t position = static_cast<size_t>(lengths[b]) - T + t;
      const int32_t number = table[b * columns + position / block];
      args.Check(number >= 0 && static_cast<size_t>(number) < S / block, "table", "blocks of the pool");
      const size_t place = static_cast<size_t>(number) * block + position % block;
      if (row > 0) std::memcpy(cache + place * row, x + (b * T + t) * row, row * sizeof(float));
    }
  }
}

}  // namespace llm

// y = x Wᵀ + b with W quantised and packed (packed_format.h), x rounded to 8 bits in chunks of 32 columns, as ggml does:
// the products of a chunk are summed exactly in int32 and scaled in float32, chunk after chunk. A row of x gives the
// same bits alone or among others, for every thread count, and on every processor with a fused multiply-add.
#pragma once

#include "dispatch/simd_function.h"
#include "kernels/quantized/packed_format.h"
#include "threading/pool.h"

namespace llm {

// 32 columns of a row of x: x = d q, |q| <= 127. A NaN or infinity in x makes d one, and so the results.
struct alignas(64) ActivationChunk {
  int8_t q[kChunkColumns];
  float d;
  float sums[2];      // d times the sum of q over the first and the last 16 columns
  int32_t starts[2];  // minus the weights' zero times that sum of q
  int32_t unused[3];
};
static_assert(sizeof(ActivationChunk) == 64, "a cache line");

struct PackedLinear {
  BlockType type;
  size_t M, O, I;
  const float* x;         // [M, I]
  const uint8_t* weight;  // PackedBytes(O, I)
  const float* bias;      // [O] or nullptr
  float* out;             // [M, O]
  ActivationChunk* chunks;  // [M, I / 32], working memory
};

void RunPackedLinear(const PackedLinear& args, Pool& pool);

// Rounds rows [begin, end) of x into args.chunks.
LLM_SIMD_FUNCTION(void, QuantizeActivations, (const PackedLinear& args, size_t begin, size_t end));
// Panels [begin, end) of the result.
LLM_SIMD_FUNCTION(void, PackedLinearPanels, (const PackedLinear& args, size_t begin, size_t end));

#if defined(__x86_64__)
// The same with the processor's own dot products of bytes.
namespace avx512vnni { void PackedLinearPanels(const PackedLinear& args, size_t begin, size_t end); }
namespace avxvnni { void PackedLinearPanels(const PackedLinear& args, size_t begin, size_t end); }
#elif defined(__aarch64__)
namespace neondot { void PackedLinearPanels(const PackedLinear& args, size_t begin, size_t end); }
#endif

}  // namespace llm

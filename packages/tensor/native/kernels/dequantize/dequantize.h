// Blocks of a GGUF file to float32: a scale (and perhaps a minimum) for 32 elements, or nested scales for 256.
// To the same bits as gguf-py: every product is exact in float32, so that a value is rounded once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "threading/pool.h"

namespace llm {

enum class BlockType { kF16, kBf16, kQ8_0, kQ4_0, kQ4_1, kQ6K, kCount };

struct BlockSize {
  size_t elements;
  size_t bytes;
};

BlockSize SizeOf(BlockType type);

// blocks: count blocks, one after another, of any alignment. out: count * SizeOf(type).elements floats; may not alias.
// Blocks are split across the pool; the same bits for every number of threads.
void Dequantize(BlockType type, const uint8_t* blocks, float* out, size_t count, Pool& pool);

}  // namespace llm

// Blocks of a GGUF file to float32, to the same bits as ggml and gguf-py: every product is exact in float32, so
// that a value is rounded once.
#pragma once

#include "kernels/blocks/block_type.h"
#include "threading/pool.h"

namespace llm {

// blocks: count blocks, one after another, of any alignment. out: count * SizeOf(type).elements floats; may not
// alias.
// Blocks are split across the pool; the same bits for every number of threads.
void Dequantize(BlockType type, const uint8_t* blocks, float* out, size_t count, Pool& pool);

// One block of each type; what Dequantize applies to all of them.
void DecodeBlock(const BlockQ4_0& block, float* out);
void DecodeBlock(const BlockQ4_1& block, float* out);
void DecodeBlock(const BlockQ5_0& block, float* out);
void DecodeBlock(const BlockQ5_1& block, float* out);
void DecodeBlock(const BlockQ8_0& block, float* out);
void DecodeBlock(const BlockQ2K& block, float* out);
void DecodeBlock(const BlockQ3K& block, float* out);
void DecodeBlock(const BlockQ4K& block, float* out);
void DecodeBlock(const BlockQ5K& block, float* out);
void DecodeBlock(const BlockQ6K& block, float* out);

}  // namespace llm

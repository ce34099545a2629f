// float32 to the blocks of a GGUF file, byte for byte as ggml's reference quantisers without an importance matrix
// (ggml-quants.c `quantize_row_*_ref`). Every sum is float32, in the order of the elements, so that the bytes are the
// same for every number of threads, instruction set and language. The values must be finite, and at most 65504 in
// magnitude where the block keeps float16 scales: the caller checks.
#pragma once

#include "kernels/blocks/block_type.h"
#include "threading/pool.h"

namespace llm {

// x: count * SizeOf(type).elements floats. blocks: count blocks, of any alignment; may not alias.
void Quantize(BlockType type, const float* x, uint8_t* blocks, size_t count, Pool& pool);

// One block of each type; what Quantize applies to all of them.
void EncodeBlock(const float* x, BlockQ4_0* block);
void EncodeBlock(const float* x, BlockQ4_1* block);
void EncodeBlock(const float* x, BlockQ5_0* block);
void EncodeBlock(const float* x, BlockQ5_1* block);
void EncodeBlock(const float* x, BlockQ8_0* block);
void EncodeBlock(const float* x, BlockQ2K* block);
void EncodeBlock(const float* x, BlockQ3K* block);
void EncodeBlock(const float* x, BlockQ4K* block);
void EncodeBlock(const float* x, BlockQ5K* block);
void EncodeBlock(const float* x, BlockQ6K* block);

}  // namespace llm

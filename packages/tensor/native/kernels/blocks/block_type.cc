#include "kernels/blocks/block_type.h"

namespace llm {

BlockSize SizeOf(BlockType type) {
  switch (type) {
    case BlockType::kF16:
    case BlockType::kBf16:
      return {1, 2};
    case BlockType::kQ4_0:
      return {kBlock, sizeof(BlockQ4_0)};
    case BlockType::kQ4_1:
      return {kBlock, sizeof(BlockQ4_1)};
    case BlockType::kQ5_0:
      return {kBlock, sizeof(BlockQ5_0)};
    case BlockType::kQ5_1:
      return {kBlock, sizeof(BlockQ5_1)};
    case BlockType::kQ8_0:
      return {kBlock, sizeof(BlockQ8_0)};
    case BlockType::kQ2K:
      return {kKBlock, sizeof(BlockQ2K)};
    case BlockType::kQ3K:
      return {kKBlock, sizeof(BlockQ3K)};
    case BlockType::kQ4K:
      return {kKBlock, sizeof(BlockQ4K)};
    case BlockType::kQ5K:
      return {kKBlock, sizeof(BlockQ5K)};
    case BlockType::kQ6K:
      return {kKBlock, sizeof(BlockQ6K)};
  }
  return {0, 0};
}

}  // namespace llm

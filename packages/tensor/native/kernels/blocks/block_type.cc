#include "kernels/blocks/block_type.h"

namespace llm {

BlockSize SizeOf(BlockType type) {
  if (type == BlockType::kF16 || type == BlockType::kBf16) return {1, 2};
  BlockSize size = {0, 0};
  VisitBlock(type, [&](auto block) { size = {type < BlockType::kQ2K ? kBlock : kKBlock, sizeof(block)}; });
  return size;
}

}  // namespace llm

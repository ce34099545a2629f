#include "kernels/quantize/quantize.h"

#include "kernels/blocks/half.h"
#include "kernels/gemm_bf16/gemm_bf16.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainElements = 4096;  // read by one task: the fits of K blocks take some 10 ns an element

template <typename Block>
void EncodeAll(BlockSize size, const float* x, uint8_t* bytes, size_t count, Pool& pool) {
  auto* blocks = reinterpret_cast<Block*>(bytes);
  pool.ForRange(count, kGrainElements / size.elements, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) EncodeBlock(x + i * size.elements, blocks + i);
  });
}

void EncodeHalves(const float* x, uint8_t* bytes, size_t count, Pool& pool) {
  pool.ForRange(count, kGrainElements, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) Write16(bytes + 2 * i, FloatToHalf(x[i]));
  });
}

}  // namespace

void Quantize(BlockType type, const float* x, uint8_t* blocks, size_t count, Pool& pool) {
  const BlockSize size = SizeOf(type);
  switch (type) {
    case BlockType::kF16:
      return EncodeHalves(x, blocks, count, pool);
    case BlockType::kBf16:
      return FloatsToBf16(x, reinterpret_cast<uint16_t*>(blocks), count, pool);
    case BlockType::kQ4_0:
      return EncodeAll<BlockQ4_0>(size, x, blocks, count, pool);
    case BlockType::kQ4_1:
      return EncodeAll<BlockQ4_1>(size, x, blocks, count, pool);
    case BlockType::kQ5_0:
      return EncodeAll<BlockQ5_0>(size, x, blocks, count, pool);
    case BlockType::kQ5_1:
      return EncodeAll<BlockQ5_1>(size, x, blocks, count, pool);
    case BlockType::kQ8_0:
      return EncodeAll<BlockQ8_0>(size, x, blocks, count, pool);
    case BlockType::kQ2K:
      return EncodeAll<BlockQ2K>(size, x, blocks, count, pool);
    case BlockType::kQ3K:
      return EncodeAll<BlockQ3K>(size, x, blocks, count, pool);
    case BlockType::kQ4K:
      return EncodeAll<BlockQ4K>(size, x, blocks, count, pool);
    case BlockType::kQ5K:
      return EncodeAll<BlockQ5K>(size, x, blocks, count, pool);
    case BlockType::kQ6K:
      return EncodeAll<BlockQ6K>(size, x, blocks, count, pool);
  }
}

}  // namespace llm

// Quantize: type, number of blocks, x, out
LLM_INSTRUCTION(Quantize) {
  const auto type = static_cast<llm::BlockType>(args.Int("type", 0, llm::kMaxBlockType));
  const llm::BlockSize size = llm::SizeOf(type);
  args.Check(size.bytes != 0, "type", "a block type of this engine");
  const size_t count = args.Size("blocks");
  args.Check(count <= (size_t{1} << 40) / size.elements, "blocks", "fewer than 2^40 elements");
  const float* x = args.Input<float>("x", count * size.elements);
  auto* out = args.Output<uint8_t>("out", count * size.bytes);
  args.End();
  llm::Quantize(type, x, out, count, pool);
}

#include "kernels/dequantize/dequantize.h"

#include "kernels/blocks/half.h"
#include "kernels/gemm_bf16/gemm_bf16.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainElements = 65536;  // written by one task

template <typename Block>
void DecodeAll(BlockSize size, const uint8_t* bytes, float* out, size_t count, Pool& pool) {
  const auto* blocks = reinterpret_cast<const Block*>(bytes);
  pool.ForRange(count, kGrainElements / size.elements, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) DecodeBlock(blocks[i], out + i * size.elements);
  });
}

void DecodeHalves(const uint8_t* bytes, float* out, size_t count, Pool& pool) {
  pool.ForRange(count, kGrainElements, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) out[i] = ReadHalf(bytes + 2 * i);
  });
}

}  // namespace

void Dequantize(BlockType type, const uint8_t* blocks, float* out, size_t count, Pool& pool) {
  const BlockSize size = SizeOf(type);
  switch (type) {
    case BlockType::kF16:
      return DecodeHalves(blocks, out, count, pool);
    case BlockType::kBf16:
      return Bf16ToFloats(reinterpret_cast<const uint16_t*>(blocks), out, count, pool);
    case BlockType::kQ4_0:
      return DecodeAll<BlockQ4_0>(size, blocks, out, count, pool);
    case BlockType::kQ4_1:
      return DecodeAll<BlockQ4_1>(size, blocks, out, count, pool);
    case BlockType::kQ5_0:
      return DecodeAll<BlockQ5_0>(size, blocks, out, count, pool);
    case BlockType::kQ5_1:
      return DecodeAll<BlockQ5_1>(size, blocks, out, count, pool);
    case BlockType::kQ8_0:
      return DecodeAll<BlockQ8_0>(size, blocks, out, count, pool);
    case BlockType::kQ2K:
      return DecodeAll<BlockQ2K>(size, blocks, out, count, pool);
    case BlockType::kQ3K:
      return DecodeAll<BlockQ3K>(size, blocks, out, count, pool);
    case BlockType::kQ4K:
      return DecodeAll<BlockQ4K>(size, blocks, out, count, pool);
    case BlockType::kQ5K:
      return DecodeAll<BlockQ5K>(size, blocks, out, count, pool);
    case BlockType::kQ6K:
      return DecodeAll<BlockQ6K>(size, blocks, out, count, pool);
  }
}

}  // namespace llm

// Dequantize: type, number of blocks, blocks, out
LLM_INSTRUCTION(Dequantize) {
  const auto type = static_cast<llm::BlockType>(args.Int("type", 0, llm::kMaxBlockType));
  const llm::BlockSize size = llm::SizeOf(type);
  args.Check(size.bytes != 0, "type", "a block type of this engine");
  const size_t count = args.Size("blocks");
  args.Check(count <= (size_t{1} << 40) / size.elements, "blocks", "fewer than 2^40 elements");
  const auto* blocks = args.Input<uint8_t>("bytes", count * size.bytes);
  float* out = args.Output<float>("out", count * size.elements);
  args.End();
  llm::Dequantize(type, blocks, out, count, pool);
}

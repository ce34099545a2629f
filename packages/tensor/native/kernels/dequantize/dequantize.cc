#include "kernels/dequantize/dequantize.h"

#include "kernels/blocks/half.h"
#include "kernels/gemm_bf16/gemm_bf16.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainElements = 65536;  // written by one task

void DecodeHalves(const uint8_t* bytes, float* out, size_t count, Pool& pool) {
  pool.ForRange(count, kGrainElements, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) out[i] = ReadHalf(bytes + 2 * i);
  });
}

}  // namespace

void Dequantize(BlockType type, const uint8_t* bytes, float* out, size_t count, Pool& pool) {
  if (type == BlockType::kF16) return DecodeHalves(bytes, out, count, pool);
  if (type == BlockType::kBf16) return Bf16ToFloats(reinterpret_cast<const uint16_t*>(bytes), out, count, pool);
  const size_t elements = SizeOf(type).elements;
  VisitBlock(type, [&](auto block) {
    const auto* blocks = reinterpret_cast<const decltype(block)*>(bytes);
    pool.ForRange(count, kGrainElements / elements, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) DecodeBlock(blocks[i], out + i * elements);
    });
  });
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

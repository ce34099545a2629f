#include "kernels/quantize/quantize.h"

#include "kernels/blocks/half.h"
#include "kernels/gemm_bf16/gemm_bf16.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainElements = 4096;  // read by one task: the fits of K blocks take some 10 ns an element

void EncodeHalves(const float* x, uint8_t* bytes, size_t count, Pool& pool) {
  pool.ForRange(count, kGrainElements, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) Write16(bytes + 2 * i, FloatToHalf(x[i]));
  });
}

}  // namespace

void Quantize(BlockType type, const float* x, uint8_t* bytes, size_t count, Pool& pool) {
  if (type == BlockType::kF16) return EncodeHalves(x, bytes, count, pool);
  if (type == BlockType::kBf16) return FloatsToBf16(x, reinterpret_cast<uint16_t*>(bytes), count, pool);
  const size_t elements = SizeOf(type).elements;
  VisitBlock(type, [&](auto block) {
    auto* blocks = reinterpret_cast<decltype(block)*>(bytes);
    pool.ForRange(count, kGrainElements / elements, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) EncodeBlock(x + i * elements, blocks + i);
    });
  });
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

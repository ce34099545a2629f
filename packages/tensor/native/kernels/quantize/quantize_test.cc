// What every block type promises: values come back within half a step of the block's coarsest scale.
#include "kernels/quantize/quantize.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/dequantize/dequantize.h"
#include "test/test.h"

namespace llm {
namespace {

struct Bound {
  BlockType type;
  float steps;  // levels across the range of a block
};

// Levels of q; K types lose another bit or so to rounded scales.
constexpr Bound kBounds[] = {
    {BlockType::kF16, 2048},  {BlockType::kBf16, 256}, {BlockType::kQ8_0, 254}, {BlockType::kQ5_1, 31},
    {BlockType::kQ5_0, 31},   {BlockType::kQ4_1, 15},  {BlockType::kQ4_0, 15},  {BlockType::kQ6K, 60},
    {BlockType::kQ5K, 28},    {BlockType::kQ4K, 13},   {BlockType::kQ3K, 5},    {BlockType::kQ2K, 2},
};

LLM_TEST(QuantizedValuesComeBackWithinAStep) {
  constexpr size_t kElements = 256 * 37;
  std::vector<float> x(kElements), back(kElements);
  for (size_t i = 0; i < kElements; ++i) x[i] = std::sin(static_cast<float>(i) * 1.7f) * (1 + static_cast<float>(i % 5));
  for (const Bound& bound : kBounds) {
    const BlockSize size = SizeOf(bound.type);
    const size_t count = kElements / size.elements;
    std::vector<uint8_t> blocks(count * size.bytes);
    Quantize(bound.type, x.data(), blocks.data(), count, Pool::Instance());
    Dequantize(bound.type, blocks.data(), back.data(), count, Pool::Instance());
    float worst = 0;
    for (size_t i = 0; i < kElements; ++i) worst = std::max(worst, std::fabs(back[i] - x[i]));
    const std::string type = "type " + std::to_string(static_cast<int>(bound.type)) + ": " + std::to_string(worst);
    LLM_EXPECT(worst > 0 && worst <= 10 / bound.steps, type);
  }
}

}  // namespace
}  // namespace llm

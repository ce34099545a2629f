// Packing keeps every value to the bit, and the product is that of the packed weights with the rounded x: on every
// instruction set, with and without the processor's own dot products of bytes.
#include "kernels/quantized/packed_linear.h"

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "kernels/dequantize/dequantize.h"
#include "kernels/quantized/pack_panel.h"
#include "test/test.h"

namespace llm {
namespace {

constexpr BlockType kTypes[] = {BlockType::kQ4_0, BlockType::kQ4_1, BlockType::kQ5_0, BlockType::kQ5_1,
                                BlockType::kQ8_0, BlockType::kQ2K,  BlockType::kQ3K,  BlockType::kQ4K,
                                BlockType::kQ5K,  BlockType::kQ6K};
constexpr size_t kRows = 21, kColumns = 512;

uint32_t Next(uint32_t* state) { return *state = *state * 1664525u + 1013904223u; }

// Any bytes are codes; float16 fields get a small exponent. Their places: block_type.h.
std::vector<uint8_t> RandomBlocks(BlockType type, uint32_t* state) {
  const BlockSize size = SizeOf(type);
  std::vector<uint8_t> blocks(kRows * kColumns / size.elements * size.bytes);
  for (uint8_t& byte : blocks) byte = static_cast<uint8_t>(Next(state) >> 24);
  const size_t first = type == BlockType::kQ2K ? 80 : type == BlockType::kQ3K ? 108 : type == BlockType::kQ6K ? 208 : 0;
  for (size_t at = 0; at < blocks.size(); at += size.bytes) {
    blocks[at + first + 1] = 0x20;
    if (FormatOf(type).has_min) blocks[at + first + 3] = 0x20;
  }
  return blocks;
}

std::vector<uint8_t> Pack(BlockType type, const std::vector<uint8_t>& blocks) {
  const PackedFormat format = FormatOf(type);
  const size_t row_bytes = blocks.size() / kRows;
  std::vector<uint8_t> packed(PackedBytes(format, kRows, kColumns));
  for (size_t row = 0; row < kRows; row += kPanelRows) {
    const size_t rows = kRows - row < kPanelRows ? kRows - row : kPanelRows;
    PackPanel(type, blocks.data() + row * row_bytes, row_bytes, rows, kColumns,
              packed.data() + row / kPanelRows * format.panel_bytes(kColumns));
  }
  return packed;
}

// What each value of x is after rounding: d q.
std::vector<float> Rounded(const std::vector<ActivationChunk>& chunks) {
  std::vector<float> x;
  for (const ActivationChunk& chunk : chunks) {
    for (int8_t q : chunk.q) x.push_back(chunk.d * static_cast<float>(q));
  }
  return x;
}

void CheckType(BlockType type, const std::string& set) {
  uint32_t state = 7;
  const std::vector<uint8_t> blocks = RandomBlocks(type, &state), packed = Pack(type, blocks);
  std::vector<float> values(kRows * kColumns), row(kColumns);
  Dequantize(type, blocks.data(), values.data(), values.size() / SizeOf(type).elements, Pool::Instance());
  for (size_t o = 0; o < kRows; ++o) {
    const uint8_t* panel = packed.data() + o / kPanelRows * FormatOf(type).panel_bytes(kColumns);
    UnpackRow(type, panel, o % kPanelRows, kColumns, row.data());
    LLM_EXPECT(std::memcmp(row.data(), &values[o * kColumns], kColumns * sizeof(float)) == 0, set + " unpacks");
  }
  for (size_t M : {size_t{1}, size_t{3}, size_t{8}, size_t{13}}) {
    std::vector<float> x(M * kColumns), bias(kRows), out(M * kRows);
    for (float& value : x) value = static_cast<float>(static_cast<int32_t>(Next(&state))) * 1e-9f;
    for (float& value : bias) value = static_cast<float>(static_cast<int32_t>(Next(&state))) * 1e-9f;
    std::vector<ActivationChunk> chunks(M * kColumns / kChunkColumns);
    RunPackedLinear({type, M, kRows, kColumns, x.data(), packed.data(), bias.data(), out.data(), chunks.data()},
                    Pool::Instance());
    const std::vector<float> rounded = Rounded(chunks);
    for (size_t m = 0; m < M; ++m) {
      for (size_t o = 0; o < kRows; ++o) {
        double sum = bias[o], size = 1.0;
        for (size_t i = 0; i < kColumns; ++i) {
          const double product = static_cast<double>(rounded[m * kColumns + i]) * values[o * kColumns + i];
          sum += product;
          size += std::fabs(product);
        }
        // 32 float32 sums in a row: 32 * 2^-24 of the sum of sizes, and a few times that
        LLM_EXPECT(std::fabs(out[m * kRows + o] - sum) < 1e-5 * size, set + " multiplies, M " + std::to_string(M));
      }
    }
  }
}

}  // namespace

LLM_TEST(PackedLinearOfEveryTypeOnEverySet) {
  for (int isa = 0; isa <= static_cast<int>(BestIsa()); ++isa) {
    SetActiveIsa(static_cast<Isa>(isa));
    for (bool is_extended : {false, true}) {
      AllowExtensions(is_extended);
      for (BlockType type : kTypes) {
        CheckType(type, std::string(IsaName(ActiveIsa())) + (is_extended ? "+" : "") + " type " +
                            std::to_string(static_cast<int>(type)));
      }
    }
  }
  SetActiveIsa(BestIsa());
  AllowExtensions(true);
}

}  // namespace llm

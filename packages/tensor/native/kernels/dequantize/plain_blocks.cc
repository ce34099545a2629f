// Blocks of 32 with one scale. Layouts: kernels/blocks/block_type.h; packages/tensor/src/io/blocks is the slow
// version.
#include "kernels/blocks/half.h"
#include "kernels/dequantize/dequantize.h"

namespace llm {
namespace {

uint32_t Read32(const uint8_t* at) { return static_cast<uint32_t>(Read16(at)) | (static_cast<uint32_t>(Read16(at + 2)) << 16); }

int HighBit(uint32_t high_bits, size_t element) { return static_cast<int>((high_bits >> element) & 1) << 4; }

}  // namespace

void DecodeBlock(const BlockQ4_0& block, float* out) {
  const float d = ReadHalf(block.d);
  for (size_t i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>((block.nibbles[i] & 15) - 8);
    out[16 + i] = d * static_cast<float>((block.nibbles[i] >> 4) - 8);
  }
}

void DecodeBlock(const BlockQ4_1& block, float* out) {
  const float d = ReadHalf(block.d), m = ReadHalf(block.m);
  for (size_t i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>(block.nibbles[i] & 15) + m;
    out[16 + i] = d * static_cast<float>(block.nibbles[i] >> 4) + m;
  }
}

void DecodeBlock(const BlockQ5_0& block, float* out) {
  const float d = ReadHalf(block.d);
  const uint32_t high = Read32(block.high_bits);
  for (size_t i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>(((block.nibbles[i] & 15) | HighBit(high, i)) - 16);
    out[16 + i] = d * static_cast<float>(((block.nibbles[i] >> 4) | HighBit(high, 16 + i)) - 16);
  }
}

void DecodeBlock(const BlockQ5_1& block, float* out) {
  const float d = ReadHalf(block.d), m = ReadHalf(block.m);
  const uint32_t high = Read32(block.high_bits);
  for (size_t i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>((block.nibbles[i] & 15) | HighBit(high, i)) + m;
    out[16 + i] = d * static_cast<float>((block.nibbles[i] >> 4) | HighBit(high, 16 + i)) + m;
  }
}

void DecodeBlock(const BlockQ8_0& block, float* out) {
  const float d = ReadHalf(block.d);
  for (size_t i = 0; i < 32; ++i) out[i] = d * static_cast<float>(block.quants[i]);
}

}  // namespace llm

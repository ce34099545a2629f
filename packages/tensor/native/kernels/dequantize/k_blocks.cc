// Blocks of 256 with nested scales. Layouts: kernels/blocks/block_type.h; packages/tensor/src/io/blocks is the
// slow version.
#include "kernels/blocks/half.h"
#include "kernels/dequantize/dequantize.h"

namespace llm {

void DecodeBlock(const BlockQ2K& block, float* out) {
  const float d = ReadHalf(block.d), dmin = ReadHalf(block.dmin);
  for (size_t group = 0; group < 16; ++group) {
    const float scale = d * static_cast<float>(block.scales[group] & 15);
    const float min = dmin * static_cast<float>(block.scales[group] >> 4);
    const uint8_t* pairs = block.pairs + group / 8 * 32 + group % 2 * 16;
    const size_t shift = group / 2 % 4 * 2;
    for (size_t i = 0; i < 16; ++i) out[group * 16 + i] = scale * static_cast<float>((pairs[i] >> shift) & 3) - min;
  }
}

void DecodeBlock(const BlockQ3K& block, float* out) {
  const float d = ReadHalf(block.d);
  for (size_t group = 0; group < 16; ++group) {
    const float scale = d * static_cast<float>(ReadQ3KScale(block.scales, group));
    const uint8_t* pairs = block.pairs + group / 8 * 32 + group % 2 * 16;
    const uint8_t* high = block.high_bits + group % 2 * 16;
    const size_t shift = group / 2 % 4 * 2, bit = group / 2;
    for (size_t i = 0; i < 16; ++i) {
      const int q = ((pairs[i] >> shift) & 3) | (((high[i] >> bit) & 1) << 2);
      out[group * 16 + i] = scale * static_cast<float>(q - 4);
    }
  }
}

void DecodeBlock(const BlockQ4K& block, float* out) {
  const float d = ReadHalf(block.d), dmin = ReadHalf(block.dmin);
  for (size_t group = 0; group < 8; ++group) {
    const SixBitPair pair = ReadSixBitPair(block.scales, group);
    const float scale = d * static_cast<float>(pair.scale), min = dmin * static_cast<float>(pair.min);
    const uint8_t* nibbles = block.nibbles + group / 2 * 32;
    const size_t shift = group % 2 * 4;
    for (size_t i = 0; i < 32; ++i) out[group * 32 + i] = scale * static_cast<float>((nibbles[i] >> shift) & 15) - min;
  }
}

void DecodeBlock(const BlockQ5K& block, float* out) {
  const float d = ReadHalf(block.d), dmin = ReadHalf(block.dmin);
  for (size_t group = 0; group < 8; ++group) {
    const SixBitPair pair = ReadSixBitPair(block.scales, group);
    const float scale = d * static_cast<float>(pair.scale), min = dmin * static_cast<float>(pair.min);
    const uint8_t* nibbles = block.nibbles + group / 2 * 32;
    const size_t shift = group % 2 * 4;
    for (size_t i = 0; i < 32; ++i) {
      const int q = ((nibbles[i] >> shift) & 15) | (((block.high_bits[i] >> group) & 1) << 4);
      out[group * 32 + i] = scale * static_cast<float>(q) - min;
    }
  }
}

void DecodeBlock(const BlockQ6K& block, float* out) {
  const float d = ReadHalf(block.d);
  for (size_t group = 0; group < 16; ++group) {
    const float scale = d * static_cast<float>(block.scales[group]);
    const size_t half = group / 8, quarter = group / 2 % 4, from = group % 2 * 16;
    const uint8_t* nibbles = block.nibbles + half * 64 + quarter % 2 * 32 + from;
    const uint8_t* pairs = block.pairs + half * 32 + from;
    for (size_t i = 0; i < 16; ++i) {
      const int q = ((nibbles[i] >> (quarter / 2 * 4)) & 15) | (((pairs[i] >> (2 * quarter)) & 3) << 4);
      out[group * 16 + i] = scale * static_cast<float>(q - 32);
    }
  }
}

}  // namespace llm

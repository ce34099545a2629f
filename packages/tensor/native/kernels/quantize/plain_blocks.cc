// Blocks of 32 with one scale: the scale follows from the extremes alone. Layouts: kernels/blocks/block_type.h.
#include <cmath>

#include "kernels/blocks/half.h"
#include "kernels/quantize/quantize.h"

namespace llm {
namespace {

// Truncates toward zero; 0 for what no level is: products with the inverse of a subnormal scale overflow.
int Level(float x, int max) {
  if (!(x > -1 && x < 256)) return 0;
  const int level = static_cast<int>(x);
  return level < max ? level : max;
}

float Inverse(float d) { return d != 0 ? 1 / d : 0; }

// The element of largest magnitude, the first of equals.
float Extreme(const float* x) {
  float extreme = 0, magnitude = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    if (magnitude < std::fabs(x[i])) {
      magnitude = std::fabs(x[i]);
      extreme = x[i];
    }
  }
  return extreme;
}

struct Range {
  float min, max;
};

Range RangeOf(const float* x) {
  Range range{x[0], x[0]};
  for (size_t i = 1; i < kBlock; ++i) {
    if (x[i] < range.min) range.min = x[i];
    if (x[i] > range.max) range.max = x[i];
  }
  return range;
}

void PackNibbles(const int* quants, uint8_t* nibbles) {
  for (size_t i = 0; i < 16; ++i) nibbles[i] = static_cast<uint8_t>((quants[i] & 15) | ((quants[16 + i] & 15) << 4));
}

void PackHighBits(const int* quants, uint8_t* high_bits) {
  for (size_t i = 0; i < 4; ++i) high_bits[i] = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    high_bits[i / 8] = static_cast<uint8_t>(high_bits[i / 8] | ((quants[i] >> 4) << (i % 8)));
  }
}

// The largest element becomes -max levels exactly.
float EncodeSymmetric(const float* x, int max, int* quants) {
  const float d = Extreme(x) / static_cast<float>(-max);
  const float inverse = Inverse(d), offset = static_cast<float>(max) + 0.5f;
  for (size_t i = 0; i < kBlock; ++i) quants[i] = Level(x[i] * inverse + offset, 2 * max - 1);
  return d;
}

float EncodeAffine(const float* x, Range range, int max, int* quants) {
  const float d = (range.max - range.min) / static_cast<float>(max);
  const float inverse = Inverse(d);
  for (size_t i = 0; i < kBlock; ++i) quants[i] = Level((x[i] - range.min) * inverse + 0.5f, max);
  return d;
}

}  // namespace

void EncodeBlock(const float* x, BlockQ4_0* block) {
  int quants[kBlock];
  WriteHalf(block->d, EncodeSymmetric(x, 8, quants));
  PackNibbles(quants, block->nibbles);
}

void EncodeBlock(const float* x, BlockQ4_1* block) {
  int quants[kBlock];
  const Range range = RangeOf(x);
  WriteHalf(block->d, EncodeAffine(x, range, 15, quants));
  WriteHalf(block->m, range.min);
  PackNibbles(quants, block->nibbles);
}

void EncodeBlock(const float* x, BlockQ5_0* block) {
  int quants[kBlock];
  WriteHalf(block->d, EncodeSymmetric(x, 16, quants));
  PackNibbles(quants, block->nibbles);
  PackHighBits(quants, block->high_bits);
}

void EncodeBlock(const float* x, BlockQ5_1* block) {
  int quants[kBlock];
  const Range range = RangeOf(x);
  WriteHalf(block->d, EncodeAffine(x, range, 31, quants));
  WriteHalf(block->m, range.min);
  PackNibbles(quants, block->nibbles);
  PackHighBits(quants, block->high_bits);
}

void EncodeBlock(const float* x, BlockQ8_0* block) {
  const float d = std::fabs(Extreme(x)) / 127;
  const float inverse = Inverse(d);
  WriteHalf(block->d, d);
  for (size_t i = 0; i < kBlock; ++i) {
    const float scaled = x[i] * inverse;
    block->quants[i] = std::fabs(scaled) < 128 ? static_cast<int8_t>(std::round(scaled)) : int8_t{0};
  }
}

}  // namespace llm

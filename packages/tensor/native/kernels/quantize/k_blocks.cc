// Blocks of 256: a scale (and minimum) is fitted for each group, those are rounded to small integers over the block's
// float16 scale, and the elements are rounded once more by what came out. Layouts: kernels/blocks/block_type.h.
#include <cmath>
#include <cstring>

#include "kernels/blocks/half.h"
#include "kernels/quantize/fit.h"
#include "kernels/quantize/quantize.h"

namespace llm {
namespace {

int Clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

// Rounds a group by its stored scale and minimum: q = (x + min) / scale. Where the scale is 0 the fitted integers stay.
template <typename Quant>
void RoundGroup(const float* x, size_t n, float scale, float min, int low, int high, Quant* quants) {
  if (scale == 0) return;
  for (size_t i = 0; i < n; ++i) {
    quants[i] = static_cast<Quant>(Clamp(NearestInt((x[i] + min) / scale), low, high) - low);
  }
}

// Two bits of each of 256 quants: byte 32 h + l holds elements 128 h + l + {0, 32, 64, 96}.
template <typename Quant>
void PackPairs(const Quant* quants, int shift, uint8_t* pairs) {
  for (size_t half = 0; half < 2; ++half) {
    for (size_t l = 0; l < 32; ++l) {
      int byte = 0;
      for (size_t part = 0; part < 4; ++part) byte |= ((quants[half * 128 + part * 32 + l] >> shift) & 3) << (2 * part);
      pairs[half * 32 + l] = static_cast<uint8_t>(byte);
    }
  }
}

// Bit `bit` of each quant: bit e / 32 of high_bits[e % 32] belongs to element e.
template <typename Quant>
void PackHighBits(const Quant* quants, int bit, uint8_t* high_bits) {
  for (size_t l = 0; l < 32; ++l) {
    int byte = 0;
    for (size_t group = 0; group < 8; ++group) byte |= ((quants[group * 32 + l] >> bit) & 1) << group;
    high_bits[l] = static_cast<uint8_t>(byte);
  }
}

void PackNibbles(const uint8_t* quants, uint8_t* nibbles) {
  for (size_t chunk = 0; chunk < 4; ++chunk) {
    for (size_t l = 0; l < 32; ++l) {
      const uint8_t* from = quants + chunk * 64 + l;
      nibbles[chunk * 32 + l] = static_cast<uint8_t>((from[0] & 15) | ((from[32] & 15) << 4));
    }
  }
}

float Largest(const float* values, size_t n) {
  float largest = 0;
  for (size_t i = 0; i < n; ++i) {
    if (values[i] > largest) largest = values[i];
  }
  return largest;
}

// The value of largest magnitude, the first of equals.
float Extreme(const float* values, size_t n) {
  float extreme = 0;
  for (size_t i = 0; i < n; ++i) {
    if (std::fabs(values[i]) > std::fabs(extreme)) extreme = values[i];
  }
  return extreme;
}

// Q4_K and Q5_K: eight groups of 32, weights of the group's root mean square plus |x|.
struct AffineGroups {
  float scales[8];
  float mins[8];
};

AffineGroups FitGroupsOf32(const float* x, const AffineSearch& search, uint8_t* quants) {
  AffineGroups groups;
  for (size_t group = 0; group < 8; ++group) {
    const float* values = x + group * 32;
    float squares = 0, weights[32];
    for (size_t i = 0; i < 32; ++i) squares += values[i] * values[i];
    const float typical = std::sqrt(squares / 32);
    for (size_t i = 0; i < 32; ++i) weights[i] = typical + std::fabs(values[i]);
    const AffineFit fit = FitAffine(values, weights, 32, search, quants + group * 32);
    groups.scales[group] = fit.scale;
    groups.mins[group] = fit.min;
  }
  return groups;
}

void WriteSixBitPairs(const AffineGroups& groups, float inverse_scale, float inverse_min, uint8_t* scales) {
  for (size_t group = 0; group < 8; ++group) {
    int s = NearestInt(inverse_scale * groups.scales[group]) & 255;
    int m = NearestInt(inverse_min * groups.mins[group]) & 255;
    s = s < 63 ? s : 63;
    m = m < 63 ? m : 63;
    if (group < 4) {
      scales[group] = static_cast<uint8_t>(s);
      scales[group + 4] = static_cast<uint8_t>(m);
    } else {
      scales[group + 4] = static_cast<uint8_t>((s & 15) | ((m & 15) << 4));
      scales[group - 4] = static_cast<uint8_t>(scales[group - 4] | ((s >> 4) << 6));
      scales[group] = static_cast<uint8_t>(scales[group] | ((m >> 4) << 6));
    }
  }
}

template <typename Block>
void EncodeAffine(const float* x, const AffineSearch& search, Block* block, uint8_t* quants) {
  const AffineGroups groups = FitGroupsOf32(x, search, quants);
  const float scale = Largest(groups.scales, 8), min = Largest(groups.mins, 8);
  WriteSixBitPairs(groups, scale > 0 ? 63 / scale : 0, min > 0 ? 63 / min : 0, block->scales);
  WriteHalf(block->d, scale / 63);
  WriteHalf(block->dmin, min / 63);
  const float d = ReadHalf(block->d), dmin = ReadHalf(block->dmin);
  for (size_t group = 0; group < 8; ++group) {
    const SixBitPair pair = ReadSixBitPair(block->scales, group);
    RoundGroup(x + group * 32, 32, d * static_cast<float>(pair.scale), dmin * static_cast<float>(pair.min), 0,
               search.max_quant, quants + group * 32);
  }
}

}  // namespace

void EncodeBlock(const float* x, BlockQ2K* block) {
  uint8_t quants[kKBlock];
  float scales[16], mins[16];
  for (size_t group = 0; group < 16; ++group) {
    float weights[16];
    for (size_t i = 0; i < 16; ++i) weights[i] = std::fabs(x[group * 16 + i]);
    const AffineFit fit =
        FitAffine(x + group * 16, weights, 16, {3, -0.5f, 0.1f, 15, true}, quants + group * 16);
    scales[group] = fit.scale;
    mins[group] = fit.min;
  }
  const float scale = Largest(scales, 16), min = Largest(mins, 16);
  for (size_t group = 0; group < 16; ++group) {
    const int s = scale > 0 ? NearestInt(15 / scale * scales[group]) : 0;
    const int m = min > 0 ? NearestInt(15 / min * mins[group]) : 0;
    block->scales[group] = static_cast<uint8_t>(s | (m << 4));
  }
  WriteHalf(block->d, scale > 0 ? scale / 15 : 0);
  WriteHalf(block->dmin, min > 0 ? min / 15 : 0);
  const float d = ReadHalf(block->d), dmin = ReadHalf(block->dmin);
  for (size_t group = 0; group < 16; ++group) {
    RoundGroup(x + group * 16, 16, d * static_cast<float>(block->scales[group] & 15),
               dmin * static_cast<float>(block->scales[group] >> 4), 0, 3, quants + group * 16);
  }
  PackPairs(quants, 0, block->pairs);
}

void EncodeBlock(const float* x, BlockQ3K* block) {
  int8_t quants[kKBlock];
  float scales[16];
  for (size_t group = 0; group < 16; ++group) {
    scales[group] = FitSymmetricByDescent(x + group * 16, 16, 4, quants + group * 16);
  }
  std::memset(block->scales, 0, sizeof(block->scales));
  const float extreme = Extreme(scales, 16);
  const float inverse = extreme != 0 ? -32 / extreme : 0;
  WriteHalf(block->d, extreme != 0 ? 1 / inverse : 0);
  for (size_t group = 0; extreme != 0 && group < 16; ++group) {
    const int s = Clamp(NearestInt(inverse * scales[group]), -32, 31) + 32;
    uint8_t* low = block->scales + group % 8;
    uint8_t* high = block->scales + 8 + group % 4;
    *low = static_cast<uint8_t>(*low | ((s & 15) << (group < 8 ? 0 : 4)));
    *high = static_cast<uint8_t>(*high | ((s >> 4) << (2 * (group / 4))));
  }
  const float d = ReadHalf(block->d);
  for (size_t group = 0; group < 16; ++group) {
    const float scale = d * static_cast<float>(ReadQ3KScale(block->scales, group));
    RoundGroup(x + group * 16, 16, scale, 0, -4, 3, quants + group * 16);
  }
  PackPairs(quants, 0, block->pairs);
  PackHighBits(quants, 2, block->high_bits);
}

void EncodeBlock(const float* x, BlockQ4K* block) {
  uint8_t quants[kKBlock];
  EncodeAffine(x, {15, -1.0f, 0.1f, 20, false}, block, quants);
  PackNibbles(quants, block->nibbles);
}

void EncodeBlock(const float* x, BlockQ5K* block) {
  uint8_t quants[kKBlock];
  EncodeAffine(x, {31, -0.5f, 0.1f, 15, false}, block, quants);
  PackNibbles(quants, block->nibbles);
  PackHighBits(quants, 4, block->high_bits);
}

void EncodeBlock(const float* x, BlockQ6K* block) {
  constexpr float kAllZero = 1e-15f;
  int8_t quants[kKBlock];
  float scales[16];
  for (size_t group = 0; group < 16; ++group) scales[group] = FitSymmetric(x + group * 16, 16, 32, quants + group * 16);
  const float extreme = Extreme(scales, 16);
  if (std::fabs(extreme) < kAllZero) {
    std::memset(block, 0, sizeof(*block));
    return;
  }
  const float inverse = -128 / extreme;
  WriteHalf(block->d, 1 / inverse);
  const float d = ReadHalf(block->d);
  for (size_t group = 0; group < 16; ++group) {
    const int s = NearestInt(inverse * scales[group]);
    block->scales[group] = static_cast<int8_t>(s < 127 ? s : 127);
    RoundGroup(x + group * 16, 16, d * static_cast<float>(block->scales[group]), 0, -32, 31, quants + group * 16);
  }
  for (size_t half = 0; half < 2; ++half) {
    for (size_t l = 0; l < 64; ++l) {
      const int8_t* from = quants + half * 128 + l;
      block->nibbles[half * 64 + l] = static_cast<uint8_t>((from[0] & 15) | ((from[64] & 15) << 4));
    }
  }
  PackPairs(quants, 4, block->pairs);
}

}  // namespace llm

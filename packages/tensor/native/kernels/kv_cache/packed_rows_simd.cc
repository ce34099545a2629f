#include "kernels/kv_cache/packed_rows-inl.h"

namespace llm::LLM_ISA {
namespace {

struct Range {
  float low, high;
};

LLM_INLINE Range RangeOf(const float* x, size_t count) {
  Range range = {x[0], x[0]};
  for (size_t i = 1; i < count; ++i) {
    range.low = x[i] < range.low ? x[i] : range.low;
    range.high = x[i] > range.high ? x[i] : range.high;
  }
  return range;
}

LLM_INLINE float LargestSize(const float* x, size_t count) {
  const Range range = RangeOf(x, count);
  return -range.low > range.high ? -range.low : range.high;
}

// The nearest integer of (x - low) / scale; 0 for a scale of 0. Quotients are at most 127 but for what is no number.
LLM_INLINE int32_t CodeOf(float x, float low, float scale) {
  constexpr float kMagic = 12582912.0f;  // see RoundSmall
  const float quotient = (x - low) / scale;
  if (!(quotient >= -128.0f && quotient <= 127.5f)) return 0;
  return static_cast<int32_t>((quotient + kMagic) - kMagic);
}

void PackGroup8(const float* x, size_t count, float* scale, int8_t* codes) {
  *scale = LargestSize(x, count) / 127.0f;
  for (size_t i = 0; i < count; ++i) codes[i] = static_cast<int8_t>(CodeOf(x[i], 0.0f, *scale));
}

void PackGroup4(const float* x, size_t count, float* scale, float* low, uint8_t* codes) {
  const Range range = RangeOf(x, count);
  *scale = (range.high - range.low) / 15.0f;
  *low = range.low;
  for (size_t i = 0; i < count / 2; ++i) {
    const int32_t first = CodeOf(x[i], *low, *scale), second = CodeOf(x[count / 2 + i], *low, *scale);
    codes[i] = static_cast<uint8_t>((first & 15) | (second & 15) << 4);
  }
}

void PackWords(const PackedRowFormat& format, const float* x, uint32_t* row) {
  const size_t group = format.group;
  row[format.words - 1] = 0;  // the bytes that fill the last word
  uint32_t* codes = row + format.scale_words;
  for (size_t g = 0; g < format.groups; ++g) {
    float scale = 0.0f, low = 0.0f;
    if (format.bits == 8) {
      PackGroup8(x + g * group, group, &scale, reinterpret_cast<int8_t*>(codes) + g * group);
      __builtin_memcpy(row + g, &scale, sizeof(scale));
    } else {
      PackGroup4(x + g * group, group, &scale, &low, reinterpret_cast<uint8_t*>(codes) + g * group / 2);
      __builtin_memcpy(row + 2 * g, &scale, sizeof(scale));
      __builtin_memcpy(row + 2 * g + 1, &low, sizeof(low));
    }
  }
}

}  // namespace

void PackRows(const PackedRowFormat& format, const float* x, uint32_t* packed, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) PackWords(format, x + i * format.D, packed + i * format.words);
}

void UnpackRows(const PackedRowFormat& format, const uint32_t* packed, float* x, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) {
    const uint32_t* row = packed + i * format.words;
    format.bits == 8 ? UnpackWords<8>(format, row, x + i * format.D) : UnpackWords<4>(format, row, x + i * format.D);
  }
}

}  // namespace llm::LLM_ISA

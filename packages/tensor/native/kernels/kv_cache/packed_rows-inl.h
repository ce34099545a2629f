// One row of packed_rows.h. For each instruction set.
#pragma once

#include "kernels/kv_cache/packed_rows.h"
#include "simd/bytes-inl.h"

namespace llm::LLM_ISA {
namespace {

LLM_INLINE float WordAsFloat(uint32_t word) {
  float value;
  __builtin_memcpy(&value, &word, sizeof(value));
  return value;
}

LLM_INLINE void UnpackGroup8(const int8_t* codes, float scale, size_t count, float* out) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) Store(out + i, LoadInt8(codes + i) * Set(scale));
  for (; i < count; ++i) out[i] = static_cast<float>(codes[i]) * scale;
}

LLM_INLINE void UnpackGroup4(const uint8_t* codes, float scale, float low, size_t count, float* out) {
  const size_t half = count / 2;
  size_t i = 0;
  for (; i + kLanes <= half; i += kLanes) {
    const I32 both = LoadUint8(codes + i);
    Store(out + i, ToFloat(both & SetInt(15)) * Set(scale) + Set(low));
    Store(out + half + i, ToFloat(both >> SetInt(4)) * Set(scale) + Set(low));
  }
  for (; i < half; ++i) {
    out[i] = static_cast<float>(codes[i] & 15) * scale + low;
    out[half + i] = static_cast<float>(codes[i] >> 4) * scale + low;
  }
}

// D floats. kGroup: format.group, where that is known.
template <size_t kBits, size_t kGroup>
LLM_INLINE void UnpackGroups(const PackedRowFormat& format, const uint32_t* row, float* out) {
  const size_t group = kGroup > 0 ? kGroup : format.group;
  const uint8_t* codes = reinterpret_cast<const uint8_t*>(row + format.scale_words);
  for (size_t g = 0; g < format.groups; ++g, out += group, codes += group * kBits / 8) {
    if (kBits == 8) {
      UnpackGroup8(reinterpret_cast<const int8_t*>(codes), WordAsFloat(row[g]), group, out);
    } else {
      UnpackGroup4(codes, WordAsFloat(row[2 * g]), WordAsFloat(row[2 * g + 1]), group, out);
    }
  }
}

template <size_t kBits>
LLM_INLINE void UnpackWords(const PackedRowFormat& format, const uint32_t* row, float* out) {
  if (format.group == 32) return UnpackGroups<kBits, 32>(format, row, out);
  UnpackGroups<kBits, 0>(format, row, out);
}

}  // namespace
}  // namespace llm::LLM_ISA

// Keys and values in 8 or 4 bits a number. A row of D numbers (one position of one head) is `words` words of 4 bytes: of
// each group of numbers its scale, and with 4 bits its smallest number, as floats; then the codes, up to a whole word.
// A group is 32 numbers, or the whole row where 32 does not divide D.
//
//   8 bits: x = q s, s = max|x| / 127, q an int8.
//   4 bits: x = q s + m, m = min x, s = (max x - m) / 15. Byte i of a group has q of its number i in the low half and of
//   number i + group / 2 in the high half. D is even.
//
// q is rounded to nearest, ties to even. The same bits as src/kernels/packed-rows.ts on every instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"

namespace llm {

struct PackedRowFormat {
  size_t D;
  size_t bits;  // 8 or 4
  size_t group;
  size_t groups;
  size_t scale_words;
  size_t words;

  // Inlined always: a shared copy could come from a file compiled for another processor.
  [[gnu::always_inline]] static PackedRowFormat Of(size_t D, size_t bits) {
    const size_t group = D % 32 == 0 ? 32 : D;
    const size_t scale_words = D / group * (bits == 4 ? 2 : 1);
    return {D, bits, group, D / group, scale_words, scale_words + (D * bits / 8 + 3) / 4};
  }
};

// Rows [begin, end) of x [.., D] into or from rows of words.
LLM_SIMD_FUNCTION(void, PackRows, (const PackedRowFormat& format, const float* x, uint32_t* packed, size_t begin, size_t end));
LLM_SIMD_FUNCTION(void, UnpackRows, (const PackedRowFormat& format, const uint32_t* packed, float* x, size_t begin, size_t end));

}  // namespace llm

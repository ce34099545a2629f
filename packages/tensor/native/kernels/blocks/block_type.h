// The quantised block types of a GGUF file: numbers, sizes and byte layouts. The one place in C++ that knows them;
// packages/tensor/src/io/blocks is the one in TypeScript.
// Facts from ggml's ggml.h (`enum ggml_type`) and ggml-common.h.
//
// A block holds 32 elements (256 in a K type) as small integers q and what scales them. d and m are float16. The
// structs are arrays of bytes, so that a block may lie at any address.
#pragma once

#include <cstddef>
#include <cstdint>

namespace llm {

// ggml's numbers, as they stand in the file.
enum class BlockType : int {
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ2K = 10,
  kQ3K = 11,
  kQ4K = 12,
  kQ5K = 13,
  kQ6K = 14,
  kBf16 = 30,
};

constexpr int kMaxBlockType = 30;

struct BlockSize {
  size_t elements;
  size_t bytes;
};

// {0, 0} for a number that is none of BlockType's.
BlockSize SizeOf(BlockType type);

constexpr size_t kBlock = 32;    // elements of a plain block
constexpr size_t kKBlock = 256;  // elements of a K block

// A nibble byte i of a plain block holds element i in its low half and element i + 16 in its high half; bit e of
// high_bits belongs to element e.

// y = d (q - 8)
struct BlockQ4_0 {
  uint8_t d[2];
  uint8_t nibbles[16];
};

// y = d q + m
struct BlockQ4_1 {
  uint8_t d[2];
  uint8_t m[2];
  uint8_t nibbles[16];
};

// y = d (q - 16), q of a nibble and a high bit
struct BlockQ5_0 {
  uint8_t d[2];
  uint8_t high_bits[4];
  uint8_t nibbles[16];
};

// y = d q + m
struct BlockQ5_1 {
  uint8_t d[2];
  uint8_t m[2];
  uint8_t high_bits[4];
  uint8_t nibbles[16];
};

// y = d q
struct BlockQ8_0 {
  uint8_t d[2];
  int8_t quants[32];
};

// K blocks: 8 groups of 32 elements or 16 groups of 16, with a small integer scale s (and minimum m) each.
// Bit pairs: byte 32 h + l holds elements 128 h + l + {0, 32, 64, 96}, from the low bits up.

// y = d s q - dmin m; 16 groups; scales[g] = s | m << 4
struct BlockQ2K {
  uint8_t scales[16];
  uint8_t pairs[64];
  uint8_t d[2];
  uint8_t dmin[2];
};

// y = d (s - 32) (q - 4); 16 groups; bit e / 32 of high_bits[e % 32] is bit 2 of q.
// Low nibbles of s: groups 0 ... 7 in the low halves of scales[0 ... 7], 8 ... 15 in the high halves; bits 4 and
// 5: bit pair g / 4 of scales[8 + g % 4].
struct BlockQ3K {
  uint8_t high_bits[32];
  uint8_t pairs[64];
  uint8_t scales[12];
  uint8_t d[2];
};

// y = d s q - dmin m; 8 groups with s and m of six bits (SixBitPair). Nibble byte 32 c + l holds elements 64 c + l
// (low) and 64 c + 32 + l (high).
struct BlockQ4K {
  uint8_t d[2];
  uint8_t dmin[2];
  uint8_t scales[12];
  uint8_t nibbles[128];
};

// As Q4_K; bit g of high_bits[e % 32] is bit 4 of q, for element e of group g.
struct BlockQ5K {
  uint8_t d[2];
  uint8_t dmin[2];
  uint8_t scales[12];
  uint8_t high_bits[32];
  uint8_t nibbles[128];
};

// y = d s (q - 32); 16 groups with signed s. In each half of 128 elements: nibbles[l] holds elements l and l + 64,
// nibbles[l + 32] elements l + 32 and l + 96; pairs as above.
struct BlockQ6K {
  uint8_t nibbles[128];
  uint8_t pairs[64];
  int8_t scales[16];
  uint8_t d[2];
};

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22, "ggml's sizes");
static_assert(sizeof(BlockQ5_1) == 24 && sizeof(BlockQ8_0) == 34 && sizeof(BlockQ2K) == 84, "ggml's sizes");
static_assert(sizeof(BlockQ3K) == 110 && sizeof(BlockQ4K) == 144 && sizeof(BlockQ5K) == 176, "ggml's sizes");
static_assert(sizeof(BlockQ6K) == 210, "ggml's sizes");

// visit(block) with a block of the type's struct; nothing for half precision, or a number that is no type's.
template <typename Visit>
void VisitBlock(BlockType type, const Visit& visit) {
  switch (type) {
    case BlockType::kQ4_0:
      return visit(BlockQ4_0{});
    case BlockType::kQ4_1:
      return visit(BlockQ4_1{});
    case BlockType::kQ5_0:
      return visit(BlockQ5_0{});
    case BlockType::kQ5_1:
      return visit(BlockQ5_1{});
    case BlockType::kQ8_0:
      return visit(BlockQ8_0{});
    case BlockType::kQ2K:
      return visit(BlockQ2K{});
    case BlockType::kQ3K:
      return visit(BlockQ3K{});
    case BlockType::kQ4K:
      return visit(BlockQ4K{});
    case BlockType::kQ5K:
      return visit(BlockQ5K{});
    case BlockType::kQ6K:
      return visit(BlockQ6K{});
    case BlockType::kF16:
    case BlockType::kBf16:
      return;
  }
}

// Scale and minimum of one group of Q4_K and Q5_K.
struct SixBitPair {
  int scale;
  int min;
};

// The 12 bytes: groups 0 ... 3 keep s in the low six bits of bytes 0 ... 3 and m in those of bytes 4 ... 7; groups
// 4 ... 7 keep their low nibbles in bytes 8 ... 11 (s low, m high) and their upper two bits on top of bytes 0 ...
// 3 (s) and 4 ... 7 (m).
inline SixBitPair ReadSixBitPair(const uint8_t scales[12], size_t group) {
  if (group < 4) return {scales[group] & 63, scales[group + 4] & 63};
  return {(scales[group + 4] & 15) | ((scales[group - 4] >> 6) << 4), (scales[group + 4] >> 4) | ((scales[group] >> 6) << 4)};
}

inline int ReadQ3KScale(const uint8_t scales[12], size_t group) {
  const int low = group < 8 ? scales[group] & 15 : scales[group - 8] >> 4;
  return (low | (((scales[8 + group % 4] >> (2 * (group / 4))) & 3) << 4)) - 32;
}

}  // namespace llm

// Block layouts: ggml-common.h; how codes and scales are read from them: ggml-quants.c `dequantize_row_*`.
#include "kernels/quantized/pack_panel.h"

#include <cstring>

#include "kernels/blocks/half.h"

namespace llm {
namespace {

// One block of one row, its bits apart. Of K-quants also the scales of its groups.
struct Block {
  uint8_t codes[256];
  uint16_t d = 0;
  uint16_t min = 0;
  int8_t scales[16];
  int8_t mins[16];
};

// 16 bytes of nibbles, the low ones first.
void ReadNibbles(const uint8_t* at, Block* block) {
  for (size_t i = 0; i < 16; ++i) {
    block->codes[i] = at[i] & 15;
    block->codes[16 + i] = at[i] >> 4;
  }
}

// Bit i of four bytes is the fifth bit of code i.
void ReadFifthBits(const uint8_t* at, Block* block) {
  const uint32_t bits = Read16(at) | static_cast<uint32_t>(Read16(at + 2)) << 16;
  for (size_t i = 0; i < 32; ++i) block->codes[i] |= static_cast<uint8_t>(((bits >> i) & 1) << 4);
}

void ReadQ2K(const uint8_t* at, Block* block) {
  for (size_t i = 0; i < 16; ++i) {
    block->scales[i] = static_cast<int8_t>(at[i] & 15);
    block->mins[i] = static_cast<int8_t>(at[i] >> 4);
  }
  for (size_t i = 0; i < 256; ++i) {
    block->codes[i] = (at[16 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3;
  }
  block->d = Read16(at + 80);
  block->min = Read16(at + 82);
}

void ReadQ3K(const uint8_t* at, Block* block) {
  const uint8_t* packed = at + 96;
  for (size_t i = 0; i < 16; ++i) {
    const int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
    const int high = (packed[8 + i % 4] >> (i / 4 * 2)) & 3;
    block->scales[i] = static_cast<int8_t>((low | high << 4) - 32);
  }
  for (size_t i = 0; i < 256; ++i) {
    const int low = (at[32 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3;
    const int high = (at[i % 32] >> (i / 32)) & 1;
    block->codes[i] = static_cast<uint8_t>(low | high << 2);
  }
  block->d = Read16(at + 108);
}

// Eight scales and eight minimums of six bits in twelve bytes.
void ReadSixBitScales(const uint8_t* at, Block* block) {
  for (size_t i = 0; i < 8; ++i) {
    const int scale = i < 4 ? at[i] & 63 : (at[i + 4] & 15) | (at[i - 4] >> 6) << 4;
    const int min = i < 4 ? at[i + 4] & 63 : at[i + 4] >> 4 | (at[i] >> 6) << 4;
    block->scales[i] = static_cast<int8_t>(scale);
    block->mins[i] = static_cast<int8_t>(min);
  }
}

// 32 bytes hold the nibbles of 64 codes, the low ones first.
void ReadLongNibbles(const uint8_t* at, Block* block) {
  for (size_t i = 0; i < 256; ++i) {
    const uint8_t byte = at[i / 64 * 32 + i % 32];
    block->codes[i] = i % 64 < 32 ? byte & 15 : byte >> 4;
  }
}

void ReadQ6K(const uint8_t* at, Block* block) {
  for (size_t i = 0; i < 256; ++i) {
    const size_t half = i / 128, part = i % 128 / 32, l = i % 32;
    const uint8_t byte = at[half * 64 + part % 2 * 32 + l];
    const int low = part < 2 ? byte & 15 : byte >> 4;
    const int high = (at[128 + half * 32 + l] >> (2 * part)) & 3;
    block->codes[i] = static_cast<uint8_t>(low | high << 4);
  }
  std::memcpy(block->scales, at + 192, 16);
  block->d = Read16(at + 208);
}

void ReadBlock(BlockType type, const uint8_t* at, Block* block) {
  switch (type) {
    case BlockType::kQ4_0:
      block->d = Read16(at);
      return ReadNibbles(at + 2, block);
    case BlockType::kQ4_1:
      block->d = Read16(at);
      block->min = Read16(at + 2);
      return ReadNibbles(at + 4, block);
    case BlockType::kQ5_0:
      block->d = Read16(at);
      ReadNibbles(at + 6, block);
      return ReadFifthBits(at + 2, block);
    case BlockType::kQ5_1:
      block->d = Read16(at);
      block->min = Read16(at + 2);
      ReadNibbles(at + 8, block);
      return ReadFifthBits(at + 4, block);
    case BlockType::kQ8_0:
      block->d = Read16(at);
      for (size_t i = 0; i < 32; ++i) block->codes[i] = at[2 + i] ^ 0x80;
      return;
    case BlockType::kQ2K: return ReadQ2K(at, block);
    case BlockType::kQ3K: return ReadQ3K(at, block);
    case BlockType::kQ4K:
    case BlockType::kQ5K:
      block->d = Read16(at);
      block->min = Read16(at + 2);
      ReadSixBitScales(at + 4, block);
      ReadLongNibbles(at + (type == BlockType::kQ4K ? 16 : 48), block);
      if (type == BlockType::kQ4K) return;
      for (size_t i = 0; i < 256; ++i) {
        block->codes[i] |= static_cast<uint8_t>(((at[16 + i % 32] >> (i / 32)) & 1) << 4);
      }
      return;
    case BlockType::kQ6K: return ReadQ6K(at, block);
    case BlockType::kF16:
    case BlockType::kBf16: return;
  }
}

void WriteHalves(const uint16_t* halves, uint8_t* out) { std::memcpy(out, halves, 2 * kPanelRows); }

// The codes of 32 columns of one row, from bit `from` on, into a plane of `bits` bits; four columns at a time.
void WritePlane(const uint8_t* codes, size_t from, size_t bits, size_t row, uint8_t* plane) {
  const uint32_t mask = 0x01010101u * ((1u << bits) - 1);
  for (size_t place = 0; place < bits; ++place) {
    uint32_t word = 0;
    for (size_t group = place; group < 8; group += bits) {
      uint32_t four;
      std::memcpy(&four, codes + 4 * group, 4);
      word |= ((four >> from) & mask) << (group / bits * bits);
    }
    std::memcpy(plane + 64 * place + 4 * row, &word, 4);
  }
}

// Where the parts of a panel lie.
struct Place {
  const PackedFormat& format;
  size_t Header(size_t block) const {
    return block * (format.header_bytes() + format.header_chunks() * format.chunk_bytes());
  }
  size_t Chunk(size_t block, size_t chunk) const {
    return Header(block) + format.header_bytes() + chunk * format.chunk_bytes();
  }
};

uint8_t CodeAt(const PackedFormat& format, const uint8_t* planes, size_t row, size_t column) {
  const size_t group = column / 4, at = 4 * row + column % 4;
  const auto bits_of = [&](const uint8_t* plane, size_t bits) -> unsigned {
    return plane[64 * (group % bits) + at] >> (group / bits * bits) & ((1u << bits) - 1);
  };
  unsigned code = bits_of(planes, format.low_bits);
  if (format.high_bits > 0) code |= bits_of(planes + 64 * format.low_bits, format.high_bits) << format.low_bits;
  return static_cast<uint8_t>(code);
}

}  // namespace

void PackPanel(BlockType type, const uint8_t* blocks, size_t row_bytes, size_t rows, size_t columns, uint8_t* panel) {
  const PackedFormat format = FormatOf(type);
  const Place place{format};
  std::memset(panel, 0, format.panel_bytes(columns));
  Block block;
  for (size_t b = 0; b < columns / format.block; ++b) {
    uint16_t d[kPanelRows] = {}, min[kPanelRows] = {};
    for (size_t row = 0; row < rows; ++row) {
      ReadBlock(type, blocks + row * row_bytes + b * format.block_bytes, &block);
      d[row] = block.d;
      min[row] = block.min;
      for (size_t c = 0; c < format.header_chunks(); ++c) {
        uint8_t* chunk = panel + place.Chunk(b, c);
        for (size_t s = 0; format.is_super() && s < format.subs(); ++s) {
          const size_t from = c * format.subs() + s;
          chunk[s * kPanelRows + row] = static_cast<uint8_t>(block.scales[from]);
          if (format.has_min) chunk[(format.subs() + s) * kPanelRows + row] = static_cast<uint8_t>(block.mins[from]);
        }
        uint8_t* planes = chunk + format.scale_bytes();
        const uint8_t* codes = block.codes + c * kChunkColumns;
        WritePlane(codes, 0, format.low_bits, row, planes);
        if (format.high_bits > 0) {
          WritePlane(codes, format.low_bits, format.high_bits, row, planes + 64 * format.low_bits);
        }
      }
    }
    uint8_t* halves = panel + (format.is_super() ? place.Header(b) : place.Chunk(b, 0));
    WriteHalves(d, halves);
    if (format.has_min) WriteHalves(min, halves + 2 * kPanelRows);
  }
}

void UnpackRow(BlockType type, const uint8_t* panel, size_t row, size_t columns, float* out) {
  const PackedFormat format = FormatOf(type);
  const Place place{format};
  for (size_t b = 0; b < columns / format.block; ++b) {
    const uint8_t* halves = panel + (format.is_super() ? place.Header(b) : place.Chunk(b, 0)) + 2 * row;
    const float d = ReadHalf(halves);
    const float min = format.has_min ? ReadHalf(halves + 2 * kPanelRows) : 0.0f;
    for (size_t c = 0; c < format.header_chunks(); ++c) {
      const uint8_t* chunk = panel + place.Chunk(b, c);
      const uint8_t* planes = chunk + format.scale_bytes();
      for (size_t i = 0; i < kChunkColumns; ++i) {
        float scale = d, offset = min;
        if (format.is_super()) {
          const size_t at = i / format.sub * kPanelRows + row;
          scale = d * static_cast<float>(static_cast<int8_t>(chunk[at]));
          if (format.has_min) {
            offset = -(min * static_cast<float>(static_cast<int8_t>(chunk[format.subs() * kPanelRows + at])));
          }
        }
        const int code = CodeAt(format, planes, row, i) - format.zero;
        const float product = scale * static_cast<float>(code);
        *out++ = format.has_min ? product + offset : product;  // + 0 would lose the sign of a zero
      }
    }
  }
}

}  // namespace llm

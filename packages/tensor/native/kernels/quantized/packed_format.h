// How quantised weights lie in memory here: ggml's blocks, repacked so that one vector holds one value of each of several
// rows and dot products need no horizontal sums.
//
// A weight [O, I] is a sequence of panels of 16 rows (the last one padded with zeros). A panel is a sequence of chunks
// of 32 columns; a K-quant has a header before every 8 of them:
//
//   header (K-quants)  d float16[16], then dmin float16[16] if it has minimums
//   chunk              scales: d float16[16] and m float16[16], or of a K-quant sc int8[n][16] and mn int8[n][16] for each
//                      of its n = 32 / sub groups of columns; then the low plane, then the high plane
//   plane of b bits    64 b bytes. Columns 4 j to 4 j + 3 of all rows ("group j": 16 rows of 4 bytes) are the bits from
//                      (j / b) b on of the 64 bytes at 64 (j % b).
//
// A weight is d (code - zero), d code + m, d sc (code - zero) or d sc code - dmin mn, where code is
// low | high << low_bits. The formulas are those of kernels/blocks/block_type.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/blocks/block_type.h"

namespace llm {

constexpr size_t kPanelRows = 16;
constexpr size_t kChunkColumns = 32;

struct PackedFormat {
  size_t block;        // columns of a ggml block: 32, or 256 for K-quants; 0: not packed
  size_t block_bytes;  // of a ggml block
  size_t low_bits;
  size_t high_bits;
  bool has_min;
  size_t sub;  // columns that share a scale
  int zero;

  // Inlined always: a shared copy could come from a file compiled for another processor.
  [[gnu::always_inline]] constexpr bool is_super() const { return block == 256; }
  [[gnu::always_inline]] constexpr size_t subs() const { return kChunkColumns / sub; }  // scales of a chunk and row
  [[gnu::always_inline]] constexpr size_t header_chunks() const { return block / kChunkColumns; }
  [[gnu::always_inline]] constexpr size_t header_bytes() const {
    return is_super() ? 2 * kPanelRows * (has_min ? 2 : 1) : 0;
  }
  [[gnu::always_inline]] constexpr size_t scale_bytes() const {
    return (is_super() ? subs() : 2) * kPanelRows * (has_min ? 2 : 1);
  }
  [[gnu::always_inline]] constexpr size_t chunk_bytes() const { return scale_bytes() + 64 * (low_bits + high_bits); }
  // Of one panel, for `columns` columns.
  [[gnu::always_inline]] constexpr size_t panel_bytes(size_t columns) const {
    return columns / block * (header_bytes() + header_chunks() * chunk_bytes());
  }
};

constexpr PackedFormat FormatOf(BlockType type) {
  switch (type) {
    case BlockType::kQ4_0: return {32, 18, 4, 0, false, 32, 8};
    case BlockType::kQ4_1: return {32, 20, 4, 0, true, 32, 0};
    case BlockType::kQ5_0: return {32, 22, 4, 1, false, 32, 16};
    case BlockType::kQ5_1: return {32, 24, 4, 1, true, 32, 0};
    case BlockType::kQ8_0: return {32, 34, 8, 0, false, 32, 128};
    case BlockType::kQ2K: return {256, 84, 2, 0, true, 16, 0};
    case BlockType::kQ3K: return {256, 110, 2, 1, false, 16, 4};
    case BlockType::kQ4K: return {256, 144, 4, 0, true, 32, 0};
    case BlockType::kQ5K: return {256, 176, 4, 1, true, 32, 0};
    case BlockType::kQ6K: return {256, 210, 4, 2, false, 16, 32};
    case BlockType::kF16:
    case BlockType::kBf16: break;
  }
  return {0, 0, 0, 0, false, 32, 0};
}

inline size_t PanelsOf(size_t rows) { return (rows + kPanelRows - 1) / kPanelRows; }

// [O, I] blocks of ggml, row after row → panels. `columns` is a multiple of the block.
inline size_t PackedBytes(const PackedFormat& format, size_t rows, size_t columns) {
  return PanelsOf(rows) * format.panel_bytes(columns);
}

}  // namespace llm

// The loops of packed_linear.h: panels of 16 rows of W against tiles of rows of x. For each instruction set.
#pragma once

#include "kernels/quantized/packed_linear.h"
#include "simd/bytes-inl.h"

namespace llm::LLM_ISA {
namespace {

// Codes, scales and minimums of one chunk, for kLanes rows of a panel.
template <BlockType kType>
struct WeightChunk {
  static constexpr PackedFormat kFormat = FormatOf(kType);
  static constexpr size_t kSubs = kChunkColumns / kFormat.sub;
  U8 codes[8];
  F32 scales[kSubs];
  F32 mins[kSubs];
};

// A plane's bits for group `group`, moved to bit `to`.
template <size_t kBits, size_t kTo>
LLM_INLINE U8 PlaneBits(const U8* plane, size_t group) {
  constexpr uint8_t kMask = static_cast<uint8_t>((1u << kBits) - 1);
  const size_t shift = group / kBits * kBits;
  const U8 v = plane[group % kBits];
  if (kBits == 8) return v;
  if (shift >= kTo) return BitsOf(v, static_cast<int>(shift - kTo), static_cast<uint8_t>(kMask << kTo));
  const U16 moved = reinterpret_cast<U16>(v) << static_cast<uint16_t>(kTo - shift);
  return reinterpret_cast<U8>(moved) & (static_cast<uint8_t>(kMask << kTo) - U8{});
}

template <BlockType kType>
LLM_INLINE void LoadCodes(const uint8_t* planes, size_t lane, WeightChunk<kType>* chunk) {
  constexpr PackedFormat kFormat = FormatOf(kType);
  constexpr size_t kLow = kFormat.low_bits, kHigh = kFormat.high_bits;
  U8 low[kLow];
#pragma GCC unroll 8
  for (size_t i = 0; i < kLow; ++i) low[i] = LoadBytes(planes + 64 * i + 4 * lane);
#pragma GCC unroll 8
  for (size_t group = 0; group < 8; ++group) chunk->codes[group] = PlaneBits<kLow, 0>(low, group);
  if constexpr (kHigh > 0) {
    U8 high[kHigh];
#pragma GCC unroll 8
    for (size_t i = 0; i < kHigh; ++i) high[i] = LoadBytes(planes + 64 * (kLow + i) + 4 * lane);
#pragma GCC unroll 8
    for (size_t group = 0; group < 8; ++group) chunk->codes[group] |= PlaneBits<kHigh, kLow>(high, group);
  }
}

struct Header {
  F32 d;
  F32 min;
};

LLM_INLINE Header LoadHeader(const uint8_t* at, size_t lane, bool has_min) {
  const uint16_t* halves = reinterpret_cast<const uint16_t*>(at) + lane;
  return {LoadHalf(halves), has_min ? LoadHalf(halves + kPanelRows) : Zero()};
}

template <BlockType kType>
LLM_INLINE void LoadScales(const Header& header, const uint8_t* at, size_t lane, WeightChunk<kType>* chunk) {
  constexpr PackedFormat kFormat = FormatOf(kType);
  constexpr size_t kSubs = WeightChunk<kType>::kSubs;
  if constexpr (!kFormat.is_super()) {
    const Header own = LoadHeader(at, lane, kFormat.has_min);
    chunk->scales[0] = own.d;
    chunk->mins[0] = own.min;
  } else {
    const int8_t* scales = reinterpret_cast<const int8_t*>(at) + lane;
#pragma GCC unroll 2
    for (size_t s = 0; s < kSubs; ++s) {
      chunk->scales[s] = header.d * LoadInt8(scales + s * kPanelRows);
      if (kFormat.has_min) chunk->mins[s] = -(header.min * LoadInt8(scales + (kSubs + s) * kPanelRows));
    }
  }
}

template <BlockType kType>
LLM_INLINE F32 AddChunk(F32 sum, const WeightChunk<kType>& weight, const ActivationChunk& x) {
  constexpr PackedFormat kFormat = FormatOf(kType);
  constexpr bool kIsWide = kFormat.low_bits == 8;
  constexpr bool kHasStart = kFormat.zero != (kIsWide ? kOffWideCode : 0);
  static_assert(!kIsWide || !kHasStart || kOffWideCode == 0, "what is taken off a code is all of its zero or nothing");
  constexpr size_t kSubs = WeightChunk<kType>::kSubs, kGroups = 8 / kSubs;
#pragma GCC unroll 2
  for (size_t s = 0; s < kSubs; ++s) {
    I32 dot = !kHasStart ? I32{} : SetInt(kSubs == 2 ? x.starts[s] : x.starts[0] + x.starts[1]);
#pragma GCC unroll 8
    for (size_t g = 0; g < kGroups; ++g) {
      dot = DotBytes<kIsWide>(dot, weight.codes[s * kGroups + g], x.q + 4 * (s * kGroups + g));
    }
    sum = Fma(ToFloat(dot) * weight.scales[s], Set(x.d), sum);
    if (kFormat.has_min) sum = Fma(weight.mins[s], Set(kSubs == 2 ? x.sums[s] : x.sums[0] + x.sums[1]), sum);
  }
  return sum;
}

constexpr size_t kAhead = 2048;      // bytes: the hardware does not look past a page
constexpr size_t kStreamedRows = 4;  // with more, the weights wait for the arithmetic

template <BlockType kType, size_t kM>
void PanelTile(const PackedLinear& args, const uint8_t* panel, size_t row, size_t column, size_t lane) {
  constexpr PackedFormat kFormat = FormatOf(kType);
  const size_t chunks = args.I / kChunkColumns;
  const ActivationChunk* x = args.chunks + row * chunks;
  F32 sums[kM];
#pragma GCC unroll 8
  for (size_t m = 0; m < kM; ++m) sums[m] = Zero();
  for (size_t c = 0; c < chunks;) {
    const Header header = LoadHeader(panel, lane, kFormat.has_min);
    panel += kFormat.header_bytes();
    for (size_t i = 0; i < kFormat.header_chunks(); ++i, ++c) {
      if (kM <= kStreamedRows) {
        for (size_t line = 0; line < kFormat.chunk_bytes(); line += 64) __builtin_prefetch(panel + kAhead + line);
      }
      WeightChunk<kType> weight;
      LoadScales<kType>(header, panel, lane, &weight);
      LoadCodes<kType>(panel + kFormat.scale_bytes(), lane, &weight);
      panel += kFormat.chunk_bytes();
#pragma GCC unroll 8
      for (size_t m = 0; m < kM; ++m) sums[m] = AddChunk<kType>(sums[m], weight, x[m * chunks + c]);
    }
  }
  const size_t begin = column + lane;
  if (begin >= args.O) return;
  const size_t lanes = Remaining(args.O - begin);
#pragma GCC unroll 8
  for (size_t m = 0; m < kM; ++m) {
    const F32 y = args.bias == nullptr ? sums[m] : sums[m] + LoadN(args.bias + begin, lanes);
    StoreN(args.out + (row + m) * args.O + begin, y, lanes);
  }
}

constexpr size_t kTileRows = 8;

template <BlockType kType>
void PanelRange(const PackedLinear& args, size_t begin, size_t end) {
  constexpr void (*kTails[])(const PackedLinear&, const uint8_t*, size_t, size_t, size_t) = {
      nullptr,           PanelTile<kType, 1>, PanelTile<kType, 2>, PanelTile<kType, 3>,
      PanelTile<kType, 4>, PanelTile<kType, 5>, PanelTile<kType, 6>, PanelTile<kType, 7>};
  const size_t panel_bytes = FormatOf(kType).panel_bytes(args.I);
  for (size_t p = begin; p < end; ++p) {
    const uint8_t* panel = args.weight + p * panel_bytes;
    for (size_t lane = 0; lane < kPanelRows; lane += kLanes) {
      size_t row = 0;
      for (; row + kTileRows <= args.M; row += kTileRows) {
        PanelTile<kType, kTileRows>(args, panel, row, p * kPanelRows, lane);
      }
      if (row < args.M) kTails[args.M - row](args, panel, row, p * kPanelRows, lane);
    }
  }
}

}  // namespace

void PackedLinearPanels(const PackedLinear& args, size_t begin, size_t end) {
  switch (args.type) {
    case BlockType::kQ4_0: return PanelRange<BlockType::kQ4_0>(args, begin, end);
    case BlockType::kQ4_1: return PanelRange<BlockType::kQ4_1>(args, begin, end);
    case BlockType::kQ5_0: return PanelRange<BlockType::kQ5_0>(args, begin, end);
    case BlockType::kQ5_1: return PanelRange<BlockType::kQ5_1>(args, begin, end);
    case BlockType::kQ8_0: return PanelRange<BlockType::kQ8_0>(args, begin, end);
    case BlockType::kQ2K: return PanelRange<BlockType::kQ2K>(args, begin, end);
    case BlockType::kQ3K: return PanelRange<BlockType::kQ3K>(args, begin, end);
    case BlockType::kQ4K: return PanelRange<BlockType::kQ4K>(args, begin, end);
    case BlockType::kQ5K: return PanelRange<BlockType::kQ5K>(args, begin, end);
    case BlockType::kQ6K: return PanelRange<BlockType::kQ6K>(args, begin, end);
    case BlockType::kF16:
    case BlockType::kBf16: return;
  }
}

}  // namespace llm::LLM_ISA

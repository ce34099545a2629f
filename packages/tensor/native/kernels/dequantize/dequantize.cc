// Layouts: ggml-common.h and ggml-quants.c (`dequantize_row_*`); packages/tensor/src/io/dequantize.ts is the slow version.
#include "kernels/dequantize/dequantize.h"

#include <cstring>

#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainElements = 65536;  // written by one task

float FromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

uint16_t Read16(const uint8_t* at) { return static_cast<uint16_t>(at[0] | (at[1] << 8)); }

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 31, fraction = half & 1023;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24, exact
    const float magnitude = static_cast<float>(fraction) * 5.9604644775390625e-8f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return FromBits(sign | (wide << 23) | (fraction << 13));
}

float ReadHalf(const uint8_t* at) { return HalfToFloat(Read16(at)); }

void DecodeF16(const uint8_t* block, float* out) { out[0] = ReadHalf(block); }

void DecodeBf16(const uint8_t* block, float* out) { out[0] = FromBits(static_cast<uint32_t>(Read16(block)) << 16); }

// Scale d, 32 signed bytes q: d * q.
void DecodeQ8_0(const uint8_t* block, float* out) {
  const float d = ReadHalf(block);
  for (size_t i = 0; i < 32; ++i) out[i] = d * static_cast<float>(static_cast<int8_t>(block[2 + i]));
}

// Scale d, 16 bytes of nibbles q, the low ones first: d * (q - 8).
void DecodeQ4_0(const uint8_t* block, float* out) {
  const float d = ReadHalf(block);
  for (size_t i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>((block[2 + i] & 15) - 8);
    out[16 + i] = d * static_cast<float>((block[2 + i] >> 4) - 8);
  }
}

// Scale d, minimum m, 16 bytes of nibbles q, the low ones first: d * q + m.
void DecodeQ4_1(const uint8_t* block, float* out) {
  const float d = ReadHalf(block), m = ReadHalf(block + 2);
  for (size_t i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>(block[4 + i] & 15) + m;
    out[16 + i] = d * static_cast<float>(block[4 + i] >> 4) + m;
  }
}

// 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales s of 16 elements each, scale d:
// d * s * (q - 32). In each half, byte l of 32 gives elements l, l + 32, l + 64 and l + 96.
void DecodeQ6K(const uint8_t* block, float* out) {
  const float d = ReadHalf(block + 208);
  for (size_t half = 0; half < 2; ++half, out += 128) {
    const uint8_t* low = block + half * 64;
    const uint8_t* high = block + 128 + half * 32;
    const uint8_t* scales = block + 192 + half * 8;
    for (size_t l = 0; l < 32; ++l) {
      for (size_t part = 0; part < 4; ++part) {
        const int nibble = part < 2 ? low[l + 32 * part] & 15 : low[l + 32 * (part - 2)] >> 4;
        const int q = (nibble | (((high[l] >> (2 * part)) & 3) << 4)) - 32;
        const int scale = static_cast<int8_t>(scales[2 * part + l / 16]);
        out[l + 32 * part] = d * static_cast<float>(scale) * static_cast<float>(q);
      }
    }
  }
}

using Decode = void (*)(const uint8_t* block, float* out);

template <Decode decode>
void DecodeAll(BlockSize size, const uint8_t* blocks, float* out, size_t count, Pool& pool) {
  pool.ForRange(count, kGrainElements / size.elements, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) decode(blocks + i * size.bytes, out + i * size.elements);
  });
}

}  // namespace

BlockSize SizeOf(BlockType type) {
  switch (type) {
    case BlockType::kF16:
    case BlockType::kBf16:
      return {1, 2};
    case BlockType::kQ8_0:
      return {32, 34};
    case BlockType::kQ4_0:
      return {32, 18};
    case BlockType::kQ4_1:
      return {32, 20};
    case BlockType::kQ6K:
    case BlockType::kCount:
      break;
  }
  return {256, 210};
}

void Dequantize(BlockType type, const uint8_t* blocks, float* out, size_t count, Pool& pool) {
  const BlockSize size = SizeOf(type);
  switch (type) {
    case BlockType::kF16:
      return DecodeAll<DecodeF16>(size, blocks, out, count, pool);
    case BlockType::kBf16:
      return DecodeAll<DecodeBf16>(size, blocks, out, count, pool);
    case BlockType::kQ8_0:
      return DecodeAll<DecodeQ8_0>(size, blocks, out, count, pool);
    case BlockType::kQ4_0:
      return DecodeAll<DecodeQ4_0>(size, blocks, out, count, pool);
    case BlockType::kQ4_1:
      return DecodeAll<DecodeQ4_1>(size, blocks, out, count, pool);
    case BlockType::kQ6K:
    case BlockType::kCount:
      return DecodeAll<DecodeQ6K>(size, blocks, out, count, pool);
  }
}

}  // namespace llm

// Dequantize: type, number of blocks, blocks, out
LLM_INSTRUCTION(Dequantize) {
  constexpr int64_t kLast = static_cast<int64_t>(llm::BlockType::kCount) - 1;
  const auto type = static_cast<llm::BlockType>(args.Int("type", 0, kLast));
  const size_t count = args.Size("blocks");
  const llm::BlockSize size = llm::SizeOf(type);
  args.Check(count <= (size_t{1} << 40) / size.elements, "blocks", "fewer than 2^40 elements");
  const auto* blocks = args.Input<uint8_t>("bytes", count * size.bytes);
  float* out = args.Output<float>("out", count * size.elements);
  args.End();
  llm::Dequantize(type, blocks, out, count, pool);
}

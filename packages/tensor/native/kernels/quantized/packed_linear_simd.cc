#include "kernels/quantized/packed_linear-inl.h"

namespace llm::LLM_ISA {
namespace {

LLM_INLINE int32_t SumOf(const int8_t* q) {
  int32_t sum = 0;
  for (size_t i = 0; i < kChunkColumns / 2; ++i) sum += q[i];
  return sum;
}

void QuantizeChunk(const float* x, int zero, ActivationChunk* chunk) {
  F32 largest = Zero();
#pragma GCC unroll 8
  for (size_t i = 0; i < kChunkColumns; i += kLanes) largest = Max(Abs(Load(x + i)), largest);
  float sum = 0.0f;  // only to carry a NaN, which the maximum drops
  for (size_t i = 0; i < kChunkColumns; i += kLanes) sum += ReduceAdd(Load(x + i)) * 0.0f;
  const float most = ReduceMax(largest) + sum;
  const float inverse = most > 0.0f ? 127.0f / most : 0.0f;
#pragma GCC unroll 8
  for (size_t i = 0; i < kChunkColumns; i += kLanes) {
    const I32 rounded = ToInt(RoundSmall(Load(x + i) * Set(inverse)));
#if defined(__AVX512F__)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(chunk->q + i), _mm512_cvtepi32_epi8(reinterpret_cast<__m512i>(rounded)));
#else
    for (size_t j = 0; j < kLanes; ++j) chunk->q[i + j] = static_cast<int8_t>(rounded[j]);
#endif
  }
  chunk->d = most * (1.0f / 127.0f);
  for (size_t half = 0; half < 2; ++half) {
    const int32_t total = SumOf(chunk->q + half * kChunkColumns / 2);
    chunk->sums[half] = chunk->d * static_cast<float>(total);
    chunk->starts[half] = -zero * total;
  }
}

}  // namespace

void QuantizeActivations(const PackedLinear& args, size_t begin, size_t end) {
  const size_t chunks = args.I / kChunkColumns;
  const int zero = FormatOf(args.type).zero;
  for (size_t i = begin * chunks; i < end * chunks; ++i) {
    QuantizeChunk(args.x + i * kChunkColumns, zero, args.chunks + i);
  }
}

}  // namespace llm::LLM_ISA

// arm64's FEAT_BF16: bfdot adds two products of bf16 to each float32.
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {
namespace {

typedef uint16_t Words __attribute__((vector_size(16)));

LLM_INLINE Words RoundBoth(F32 low, F32 high) {
  const bfloat16x8_t first = vcvtq_low_bf16_f32(reinterpret_cast<float32x4_t>(low));
  return reinterpret_cast<Words>(vcvtq_high_bf16_f32(first, reinterpret_cast<float32x4_t>(high)));
}

LLM_INLINE Words LoadWordsN(const uint16_t* p, size_t n) {
  if (n >= 2 * kLanes) return reinterpret_cast<Words>(vld1q_u16(p));
  Words words{};
  for (size_t i = 0; i < n; ++i) words[i] = p[i];
  return words;
}

LLM_INLINE Words LoadHalves(const uint16_t* low, const uint16_t* high, size_t count) {
  Words words{};
  for (size_t i = 0; i < count; ++i) words[i] = low[i];
  if (high == nullptr) return words;
  for (size_t i = 0; i < count; ++i) words[kLanes + i] = high[i];
  return words;
}

LLM_INLINE F32 Interleave(Words words) {
  const uint16x8_t v = reinterpret_cast<uint16x8_t>(words);
  return reinterpret_cast<F32>(vzip1q_u16(v, vextq_u16(v, v, kLanes)));
}

LLM_INLINE F32 DotPairs(F32 sum, F32 a, F32 b) {
  return reinterpret_cast<F32>(vbfdotq_f32(reinterpret_cast<float32x4_t>(sum), reinterpret_cast<bfloat16x8_t>(a),
                                           reinterpret_cast<bfloat16x8_t>(b)));
}

}  // namespace
}  // namespace llm::LLM_ISA

#include "kernels/gemm_bf16/gemm_pairs-inl.h"

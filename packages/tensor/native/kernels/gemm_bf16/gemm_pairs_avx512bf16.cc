// AVX-512-BF16: vdpbf16ps adds two products of bf16 to each float32.
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {
namespace {

using Words = __m512i;

LLM_INLINE Words RoundBoth(F32 low, F32 high) {
  return (__m512i)_mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(high), reinterpret_cast<__m512>(low));
}

LLM_INLINE Words LoadWordsN(const uint16_t* p, size_t n) {
  const __mmask32 mask = n >= 2 * kLanes ? ~__mmask32{0} : (__mmask32{1} << n) - 1;
  return _mm512_maskz_loadu_epi16(mask, p);
}

LLM_INLINE Words LoadHalves(const uint16_t* low, const uint16_t* high, size_t count) {
  const __mmask16 mask = static_cast<__mmask16>(0xffffu >> (16 - count));
  const __m256i first = _mm256_maskz_loadu_epi16(mask, low);
  const __m256i second = high != nullptr ? _mm256_maskz_loadu_epi16(mask, high) : _mm256_setzero_si256();
  return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
}

LLM_INLINE F32 Interleave(Words words) {
  alignas(64) static constexpr uint16_t kOrder[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  return reinterpret_cast<F32>(_mm512_permutexvar_epi16(_mm512_load_si512(kOrder), words));
}

LLM_INLINE F32 DotPairs(F32 sum, F32 a, F32 b) {
  return reinterpret_cast<F32>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), (__m512bh)a, (__m512bh)b));
}

}  // namespace
}  // namespace llm::LLM_ISA

#include "kernels/gemm_bf16/gemm_pairs-inl.h"

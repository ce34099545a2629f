#include "kernels/quantized/half_linear.h"
#include "simd/bytes-inl.h"

namespace llm::LLM_ISA {
namespace {

template <bool kIsBfloat16>
LLM_INLINE F32 LoadWeights(const uint16_t* p) {
  if (!kIsBfloat16) return LoadHalf(p);
#if defined(__AVX512F__)
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  return reinterpret_cast<F32>(_mm512_slli_epi32(wide, 16));
#elif defined(__AVX2__)
  const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  return reinterpret_cast<F32>(_mm256_slli_epi32(wide, 16));
#else
  U32 bits;
  for (size_t i = 0; i < kLanes; ++i) bits[i] = static_cast<uint32_t>(p[i]) << 16;
  return reinterpret_cast<F32>(bits);
#endif
}

template <bool kIsBfloat16>
LLM_INLINE F32 LoadWeightsN(const uint16_t* p, size_t n) {
  uint16_t padded[kLanes] = {};
  for (size_t i = 0; i < n; ++i) padded[i] = p[i];
  return LoadWeights<kIsBfloat16>(padded);
}

constexpr size_t kAhead = 2048;  // elements: the hardware does not look past a page

// One row of W, which streams through once; two sums hide the latency of Fma.
template <bool kIsBfloat16, size_t kM>
LLM_INLINE void DotRow(const HalfLinear& args, size_t o) {
  const uint16_t* weight = args.weight + o * args.I;
  constexpr size_t kWays = 2;
  F32 sums[kM][kWays];
#pragma GCC unroll 8
  for (size_t m = 0; m < kM; ++m) {
#pragma GCC unroll 4
    for (size_t w = 0; w < kWays; ++w) sums[m][w] = Zero();
  }
  size_t i = 0;
  for (; i + kWays * kLanes <= args.I; i += kWays * kLanes) {
    __builtin_prefetch(weight + i + kAhead);
#pragma GCC unroll 4
    for (size_t w = 0; w < kWays; ++w) {
      const F32 column = LoadWeights<kIsBfloat16>(weight + i + w * kLanes);
#pragma GCC unroll 8
      for (size_t m = 0; m < kM; ++m) {
        sums[m][w] = Fma(Load(args.x + m * args.I + i + w * kLanes), column, sums[m][w]);
      }
    }
  }
  for (; i < args.I; i += kLanes) {
    const size_t n = Remaining(args.I - i);
    const F32 column = LoadWeightsN<kIsBfloat16>(weight + i, n);
#pragma GCC unroll 8
    for (size_t m = 0; m < kM; ++m) sums[m][0] = Fma(LoadN(args.x + m * args.I + i, n), column, sums[m][0]);
  }
#pragma GCC unroll 8
  for (size_t m = 0; m < kM; ++m) {
    F32 sum = sums[m][0];
#pragma GCC unroll 4
    for (size_t w = 1; w < kWays; ++w) sum += sums[m][w];
    args.out[m * args.O + o] = (args.bias == nullptr ? 0.0f : args.bias[o]) + ReduceAdd(sum);
  }
}

template <bool kIsBfloat16, size_t kM>
void DotRange(const HalfLinear& args, size_t begin, size_t end) {
  for (size_t o = begin; o < end; ++o) DotRow<kIsBfloat16, kM>(args, o);
}

template <bool kIsBfloat16>
void Range(const HalfLinear& args, size_t begin, size_t end) {
  constexpr void (*kRanges[])(const HalfLinear&, size_t, size_t) = {
      nullptr,
      DotRange<kIsBfloat16, 1>, DotRange<kIsBfloat16, 2>, DotRange<kIsBfloat16, 3>, DotRange<kIsBfloat16, 4>,
      DotRange<kIsBfloat16, 5>, DotRange<kIsBfloat16, 6>, DotRange<kIsBfloat16, 7>, DotRange<kIsBfloat16, 8>};
  kRanges[args.M](args, begin, end);
}

}  // namespace

void HalfLinearRange(const HalfLinear& args, size_t begin, size_t end) {
  args.is_bfloat16 ? Range<true>(args, begin, end) : Range<false>(args, begin, end);
}

}  // namespace llm::LLM_ISA

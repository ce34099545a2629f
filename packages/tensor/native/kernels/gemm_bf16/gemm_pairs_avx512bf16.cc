// The kernels of AVX-512-BF16: vdpbf16ps adds two products of bf16 to each float32.
#include "kernels/gemm/gemm_block-inl.h"
#include "kernels/gemm/gemm_pack-inl.h"
#include "kernels/gemm_bf16/gemm_bf16_simd.h"

namespace llm::LLM_ISA {
namespace {

LLM_INLINE __m512i Bits(F32 v) { return reinterpret_cast<__m512i>(v); }
LLM_INLINE F32 FromBits(__m512i v) { return reinterpret_cast<F32>(v); }

// Sixteen values of `low`, rounded, then sixteen of `high`.
LLM_INLINE __m512i RoundBoth(F32 low, F32 high) {
  return (__m512i)_mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(high), reinterpret_cast<__m512>(low));
}

// From words 0 to 15 | 16 to 31 to pairs 0 16 1 17 ...
LLM_INLINE F32 Interleave(__m512i words) {
  alignas(64) static constexpr uint16_t kOrder[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  return FromBits(_mm512_permutexvar_epi16(_mm512_load_si512(kOrder), words));
}

// 0 values, or up to kLanes.
LLM_INLINE F32 LoadUpTo(const float* p, size_t n) { return n == 0 ? Zero() : LoadN(p, Remaining(n)); }

struct FloatPairs {
  static constexpr size_t kPerUnit = 2;
  const float* p;
  size_t outer_stride, k_stride;
  size_t k;

  bool IsAlongK() const { return k_stride == 1; }
  LLM_INLINE_METHOD F32 WholeAlongK(size_t row, size_t unit) const {
    const float* from = p + row * outer_stride + 2 * unit;
    return FromBits(RoundBoth(Load(from), Load(from + kLanes)));
  }
  LLM_INLINE_METHOD F32 AlongK(size_t row, size_t unit) const {
    const float* from = p + row * outer_stride + 2 * unit;
    const size_t left = k - 2 * unit;
    return FromBits(RoundBoth(LoadUpTo(from, left), LoadUpTo(from + kLanes, left > kLanes ? left - kLanes : 0)));
  }
  LLM_INLINE_METHOD F32 Across(size_t row, size_t unit, size_t count) const {
    const float* from = p + 2 * unit * k_stride + row;
    const F32 next = 2 * unit + 1 < k ? LoadN(from + k_stride, count) : Zero();
    return Interleave(RoundBoth(LoadN(from, count), next));
  }
  LLM_INLINE_METHOD const void* AddressAcross(size_t row, size_t k) const { return p + k * k_stride + row; }
  LLM_INLINE_METHOD float At(size_t row, size_t unit) const {
    const float* from = p + row * outer_stride + 2 * unit * k_stride;
    const F32 next = 2 * unit + 1 < k ? Set(from[k_stride]) : Zero();
    return Interleave(RoundBoth(Set(*from), next))[0];
  }
};

struct Bf16Pairs {
  static constexpr size_t kPerUnit = 2;
  const uint16_t* p;
  size_t outer_stride, k_stride;
  size_t k;

  bool IsAlongK() const { return k_stride == 1; }
  LLM_INLINE_METHOD F32 WholeAlongK(size_t row, size_t unit) const {
    return FromBits(_mm512_loadu_si512(p + row * outer_stride + 2 * unit));
  }
  LLM_INLINE_METHOD F32 AlongK(size_t row, size_t unit) const {
    const size_t left = k - 2 * unit;
    const __mmask32 mask = left >= 32 ? ~__mmask32{0} : (__mmask32{1} << left) - 1;
    return FromBits(_mm512_maskz_loadu_epi16(mask, p + row * outer_stride + 2 * unit));
  }
  LLM_INLINE_METHOD F32 Across(size_t row, size_t unit, size_t count) const {
    const uint16_t* from = p + 2 * unit * k_stride + row;
    const __mmask16 mask = static_cast<__mmask16>(0xffffu >> (16 - count));
    const __m256i first = _mm256_maskz_loadu_epi16(mask, from);
    const __m256i second =
        2 * unit + 1 < k ? _mm256_maskz_loadu_epi16(mask, from + k_stride) : _mm256_setzero_si256();
    return Interleave(_mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1));
  }
  LLM_INLINE_METHOD const void* AddressAcross(size_t row, size_t k) const { return p + k * k_stride + row; }
  LLM_INLINE_METHOD float At(size_t row, size_t unit) const {
    const uint16_t* from = p + row * outer_stride + 2 * unit * k_stride;
    const uint32_t next = 2 * unit + 1 < k ? from[k_stride] : 0;
    return AsFloat(SetInt(static_cast<int32_t>(*from | next << 16)))[0];
  }
};

template <size_t kWidth, typename Source, typename Element>
LLM_INLINE void PackFrom LLM_PACK_PARAMS {
  PackPanels<kWidth>(Source{static_cast<const Element*>(source), outer_stride, k_stride, k}, outer, packed,
                     panel_stride);
}

struct PairMath : FloatMath {
  static LLM_INLINE_METHOD F32 MulAdd(F32 sum, F32 a, F32 b) {
    return reinterpret_cast<F32>(
        _mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), (__m512bh)Bits(a), (__m512bh)Bits(b)));
  }
};

}  // namespace

GemmTile PairTileSize() { return {kRows, kColumns}; }

void PairPackAFloat LLM_PACK_PARAMS {
  PackFrom<kRows, FloatPairs, float>(source, outer_stride, k_stride, outer, k, packed, panel_stride);
}
void PairPackABf16 LLM_PACK_PARAMS {
  PackFrom<kRows, Bf16Pairs, uint16_t>(source, outer_stride, k_stride, outer, k, packed, panel_stride);
}
void PairPackBFloat LLM_PACK_PARAMS {
  PackFrom<kColumns, FloatPairs, float>(source, outer_stride, k_stride, outer, k, packed, panel_stride);
}
void PairPackBBf16 LLM_PACK_PARAMS {
  PackFrom<kColumns, Bf16Pairs, uint16_t>(source, outer_stride, k_stride, outer, k, packed, panel_stride);
}

void PairBlock(const GemmBlockArgs& args) { GemmBlockOf<PairMath>(args); }

}  // namespace llm::LLM_ISA

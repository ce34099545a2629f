// The bf16 product where the processor multiplies pairs of bf16 (AVX-512-BF16, arm64's FEAT_BF16). What differs between
// those stands in the file that includes this one:
//
//   Words       2 kLanes bf16
//   RoundBoth   kLanes float32 of `low`, rounded, then those of `high`
//   LoadWordsN  the first n words at p, the rest 0; n from 1
//   LoadHalves  `count` words at `low`, then as many at `high`, or 0 where that is nullptr: kLanes apart
//   Interleave  words 0 1 … | n n + 1 … as pairs 0 n 1 n + 1 …
//   DotPairs    lane i: sum[i] plus the products of a's and b's pairs
#include "kernels/gemm/gemm_block-inl.h"
#include "kernels/gemm/gemm_pack-inl.h"
#include "kernels/gemm_bf16/gemm_bf16_simd.h"

namespace llm::LLM_ISA {
namespace {

LLM_INLINE F32 AsPairs(Words words) { return reinterpret_cast<F32>(words); }

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
    return AsPairs(RoundBoth(Load(from), Load(from + kLanes)));
  }
  LLM_INLINE_METHOD F32 AlongK(size_t row, size_t unit) const {
    const float* from = p + row * outer_stride + 2 * unit;
    const size_t left = k - 2 * unit;
    return AsPairs(RoundBoth(LoadUpTo(from, left), LoadUpTo(from + kLanes, left > kLanes ? left - kLanes : 0)));
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
    return AsPairs(LoadWordsN(p + row * outer_stride + 2 * unit, 2 * kLanes));
  }
  LLM_INLINE_METHOD F32 AlongK(size_t row, size_t unit) const {
    return AsPairs(LoadWordsN(p + row * outer_stride + 2 * unit, k - 2 * unit));
  }
  LLM_INLINE_METHOD F32 Across(size_t row, size_t unit, size_t count) const {
    const uint16_t* from = p + 2 * unit * k_stride + row;
    return Interleave(LoadHalves(from, 2 * unit + 1 < k ? from + k_stride : nullptr, count));
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
  static LLM_INLINE_METHOD F32 MulAdd(F32 sum, F32 a, F32 b) { return DotPairs(sum, a, b); }
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

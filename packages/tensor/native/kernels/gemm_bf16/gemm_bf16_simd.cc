// Packing for processors that do not multiply bf16, compiled once per instruction set; conversions.
#include "kernels/gemm_bf16/gemm_bf16_simd.h"

#include "kernels/gemm/gemm_block-inl.h"
#include "kernels/gemm/gemm_pack-inl.h"
#include "simd/bf16-inl.h"

namespace llm::LLM_ISA {
namespace {

// float32 values, rounded (gemm_pack-inl.h says what a source is).
struct RoundedFloats {
  static constexpr size_t kPerUnit = 1;
  const float* p;
  size_t outer_stride, k_stride;
  size_t k;

  bool IsAlongK() const { return k_stride == 1; }
  LLM_INLINE_METHOD F32 WholeAlongK(size_t row, size_t unit) const {
    return RoundToBf16(Load(p + row * outer_stride + unit));
  }
  LLM_INLINE_METHOD F32 AlongK(size_t row, size_t unit) const {
    return RoundToBf16(LoadN(p + row * outer_stride + unit, Remaining(k - unit)));
  }
  LLM_INLINE_METHOD F32 Across(size_t row, size_t unit, size_t count) const {
    return RoundToBf16(LoadN(p + unit * k_stride + row, count));
  }
  LLM_INLINE_METHOD const void* AddressAcross(size_t row, size_t k) const { return p + k * k_stride + row; }
  LLM_INLINE_METHOD float At(size_t row, size_t unit) const {
    return RoundToBf16(Set(p[row * outer_stride + unit * k_stride]))[0];
  }
};

struct WidenedBf16 {
  static constexpr size_t kPerUnit = 1;
  const uint16_t* p;
  size_t outer_stride, k_stride;
  size_t k;

  bool IsAlongK() const { return k_stride == 1; }
  LLM_INLINE_METHOD F32 WholeAlongK(size_t row, size_t unit) const {
    return Bf16ToFloat(LoadBf16(p + row * outer_stride + unit));
  }
  LLM_INLINE_METHOD F32 AlongK(size_t row, size_t unit) const {
    return Bf16ToFloat(LoadBf16N(p + row * outer_stride + unit, Remaining(k - unit)));
  }
  LLM_INLINE_METHOD F32 Across(size_t row, size_t unit, size_t count) const {
    return Bf16ToFloat(LoadBf16N(p + unit * k_stride + row, count));
  }
  LLM_INLINE_METHOD const void* AddressAcross(size_t row, size_t k) const { return p + k * k_stride + row; }
  LLM_INLINE_METHOD float At(size_t row, size_t unit) const {
    return Bf16ToFloat(LoadBf16N(p + row * outer_stride + unit * k_stride, 1))[0];
  }
};

template <size_t kWidth, typename Source, typename Element>
LLM_INLINE void PackFrom LLM_PACK_PARAMS {
  PackPanels<kWidth>(Source{static_cast<const Element*>(source), outer_stride, k_stride, k}, outer, packed,
                     panel_stride);
}

}  // namespace

void RoundedPackAFloat LLM_PACK_PARAMS {
  PackFrom<kRows, RoundedFloats, float>(source, outer_stride, k_stride, outer, k, packed, panel_stride);
}
void RoundedPackABf16 LLM_PACK_PARAMS {
  PackFrom<kRows, WidenedBf16, uint16_t>(source, outer_stride, k_stride, outer, k, packed, panel_stride);
}
void RoundedPackBFloat LLM_PACK_PARAMS {
  PackFrom<kColumns, RoundedFloats, float>(source, outer_stride, k_stride, outer, k, packed, panel_stride);
}
void RoundedPackBBf16 LLM_PACK_PARAMS {
  PackFrom<kColumns, WidenedBf16, uint16_t>(source, outer_stride, k_stride, outer, k, packed, panel_stride);
}

void FloatsToBf16Range(const float* x, uint16_t* out, size_t n) {
  for (size_t i = 0; i < n; i += kLanes) {
    const size_t lanes = Remaining(n - i);
    StoreBf16N(out + i, FloatToBf16(LoadN(x + i, lanes)), lanes);
  }
}

void Bf16ToFloatsRange(const uint16_t* x, float* out, size_t n) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    StoreN(out + i, Bf16ToFloat(LoadBf16N(x + i, lanes)), lanes);
  });
}

}  // namespace llm::LLM_ISA

// Rounding, packing and scaling; the products without an instruction for them come with int8_product-inl.h.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // GCC 12 sees its own _mm256_undefined_pd() as a mistake
#endif
#include "kernels/int8_linear/int8_linear_simd.h"

#include "kernels/gemm/gemm_pack-inl.h"
#include "kernels/int8_linear/int8_product-inl.h"

namespace llm::LLM_ISA {
namespace {

// Vectors that are looked at side by side, so that each comparison need not wait for the last.
constexpr size_t kSideBySide = 4;

// The largest |x|, or NaN where an x is NaN or infinite.
float LargestOf(const float* x, size_t n) {
  F32 largest[kSideBySide] = {}, not_finite[kSideBySide] = {};
  const auto look = [&](F32 v, size_t at) LLM_LAMBDA {
    largest[at] = Max(Abs(v), largest[at]);
    not_finite[at] += v * 0.0f;
  };
  size_t i = 0;
  for (; i + kSideBySide * kLanes <= n; i += kSideBySide * kLanes) {
#pragma GCC unroll 4
    for (size_t at = 0; at < kSideBySide; ++at) look(Load(x + i + at * kLanes), at);
  }
  for (; i < n; i += kLanes) look(LoadN(x + i, Remaining(n - i)), 0);
  F32 not_any = Zero(), most = Zero();
  for (size_t at = 0; at < kSideBySide; ++at) {
    most = Max(most, largest[at]);
    not_any += not_finite[at];
  }
  return ReduceMax(most) + ReduceAdd(not_any);
}

typedef uint8_t LowBytes __attribute__((vector_size(kLanes)));

// The low bytes of `lanes` integers. A whole vector goes without a mask: Zen 5 takes a masked store of bytes slowly.
LLM_INLINE void StoreBytes(uint8_t* to, I32 v, size_t lanes) {
  const LowBytes bytes = __builtin_convertvector(v, LowBytes);
  if (lanes == kLanes) {
    __builtin_memcpy(to, &bytes, kLanes);
  } else {
    for (size_t j = 0; j < lanes; ++j) to[j] = bytes[j];
  }
}

// Rows of bytes, whose k is contiguous (gemm_pack-inl.h says what a source is).
struct ByteRows {
  static constexpr size_t kPerUnit = 4;
  const uint8_t* p;
  size_t outer_stride;
  size_t k;

  bool IsAlongK() const { return true; }
  LLM_INLINE_METHOD const float* UnitAt(size_t row, size_t unit) const {
    return reinterpret_cast<const float*>(p + row * outer_stride + 4 * unit);
  }
  LLM_INLINE_METHOD F32 WholeAlongK(size_t row, size_t unit) const { return Load(UnitAt(row, unit)); }
  LLM_INLINE_METHOD F32 AlongK(size_t row, size_t unit) const {
    return LoadN(UnitAt(row, unit), Remaining(k / 4 - unit));
  }
  // Rows are never interleaved.
  LLM_INLINE_METHOD F32 Across(size_t, size_t, size_t) const { return Zero(); }
  LLM_INLINE_METHOD const void* AddressAcross(size_t, size_t) const { return p; }
  LLM_INLINE_METHOD float At(size_t row, size_t unit) const { return *UnitAt(row, unit); }
};

}  // namespace

int32_t Int8QuantizeRow(const float* x, size_t columns, uint8_t zero, uint8_t* q, float* scale) {
  const float largest = LargestOf(x, columns);
  const bool is_used = largest > kInt8Smallest;
  const float inverse = is_used ? 127.0f / largest : 0.0f;
  *scale = is_used ? largest / 127.0f : largest != largest ? largest : 0.0f;
  I32 sums = {};
  ForEachVector(columns, [&](size_t i, size_t lanes) LLM_LAMBDA {
    const F32 scaled = LoadN(x + i, lanes) * Set(inverse);
    const I32 rounded = ToInt(Select(IsNan(scaled), Zero(), RoundSmall(scaled)));
    sums += rounded;
    StoreBytes(q + i, rounded + SetInt(zero), lanes);
  });
  for (size_t i = columns; i < Int8Stride(columns); ++i) q[i] = zero;
  return SumOfLanes(sums);
}

void Int8Scale(float* c, size_t c_stride, size_t rows, size_t columns, const float* x_scales, const float* scales,
               const float* bias) {
  for (size_t i = 0; i < rows; ++i) {
    ForEachVector(columns, [&](size_t j, size_t lanes) LLM_LAMBDA {
      float* to = c + i * c_stride + j;
      const F32 y = ToFloat(AsInt(LoadN(to, lanes))) * (Set(x_scales[i]) * LoadN(scales + j, lanes));
      StoreN(to, bias == nullptr ? y : y + LoadN(bias + j, lanes), lanes);
    });
  }
}

void Int8PackA(const uint8_t* source, size_t stride, size_t rows, size_t k, float* packed, size_t panel_stride) {
  PackPanels<kRows>(ByteRows{source, stride, k}, rows, packed, panel_stride);
}

void Int8PackB(const uint8_t* source, size_t stride, size_t rows, size_t k, float* packed, size_t panel_stride) {
  PackPanels<kColumns>(ByteRows{source, stride, k}, rows, packed, panel_stride);
}

}  // namespace llm::LLM_ISA

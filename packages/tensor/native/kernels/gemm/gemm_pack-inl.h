// Packing: copies an operand into panels (gemm_simd.h), transposing where k is the contiguous dimension.
#pragma once

#include "simd/vec-inl.h"

namespace llm {
namespace LLM_ISA {

// rows[i] lane j becomes rows[j] lane i.
LLM_INLINE void TransposeSquare(F32 rows[kLanes]) {
#if defined(__AVX512F__)
  __m512 t[16], u[16];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    const __m512 a = reinterpret_cast<__m512>(rows[i]), b = reinterpret_cast<__m512>(rows[i + 1]);
    t[i] = _mm512_unpacklo_ps(a, b);
    t[i + 1] = _mm512_unpackhi_ps(a, b);
  }
  // u[4g + j], 128-bit lane L: column 4L + j of rows 4g to 4g + 3.
#pragma GCC unroll 4
  for (int g = 0; g < 16; g += 4) {
    const __m512d t0 = _mm512_castps_pd(t[g]), t1 = _mm512_castps_pd(t[g + 1]);
    const __m512d t2 = _mm512_castps_pd(t[g + 2]), t3 = _mm512_castps_pd(t[g + 3]);
    u[g] = _mm512_castpd_ps(_mm512_unpacklo_pd(t0, t2));
    u[g + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(t0, t2));
    u[g + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(t1, t3));
    u[g + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(t1, t3));
  }
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    const __m512 even_low = _mm512_shuffle_f32x4(u[j], u[4 + j], 0x88);
    const __m512 even_high = _mm512_shuffle_f32x4(u[8 + j], u[12 + j], 0x88);
    const __m512 odd_low = _mm512_shuffle_f32x4(u[j], u[4 + j], 0xdd);
    const __m512 odd_high = _mm512_shuffle_f32x4(u[8 + j], u[12 + j], 0xdd);
    rows[j] = reinterpret_cast<F32>(_mm512_shuffle_f32x4(even_low, even_high, 0x88));
    rows[4 + j] = reinterpret_cast<F32>(_mm512_shuffle_f32x4(odd_low, odd_high, 0x88));
    rows[8 + j] = reinterpret_cast<F32>(_mm512_shuffle_f32x4(even_low, even_high, 0xdd));
    rows[12 + j] = reinterpret_cast<F32>(_mm512_shuffle_f32x4(odd_low, odd_high, 0xdd));
  }
#elif defined(__AVX2__)
  __m256 t[8], u[8];
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    const __m256 a = reinterpret_cast<__m256>(rows[i]), b = reinterpret_cast<__m256>(rows[i + 1]);
    t[i] = _mm256_unpacklo_ps(a, b);
    t[i + 1] = _mm256_unpackhi_ps(a, b);
  }
#pragma GCC unroll 2
  for (int g = 0; g < 8; g += 4) {
    u[g] = _mm256_shuffle_ps(t[g], t[g + 2], 0x44);
    u[g + 1] = _mm256_shuffle_ps(t[g], t[g + 2], 0xee);
    u[g + 2] = _mm256_shuffle_ps(t[g + 1], t[g + 3], 0x44);
    u[g + 3] = _mm256_shuffle_ps(t[g + 1], t[g + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    rows[j] = reinterpret_cast<F32>(_mm256_permute2f128_ps(u[j], u[4 + j], 0x20));
    rows[4 + j] = reinterpret_cast<F32>(_mm256_permute2f128_ps(u[j], u[4 + j], 0x31));
  }
#else
  for (size_t i = 0; i < kLanes; ++i) {
    for (size_t j = i + 1; j < kLanes; ++j) {
      const float swap = rows[i][j];
      rows[i][j] = rows[j][i];
      rows[j][i] = swap;
    }
  }
#endif
}

// Where packed units come from. A source knows its matrix and how many values of k there are; reading past the end
// gives zeros. A unit is four bytes (kernels/gemm/packed_gemm.h), handled as a float whatever it holds: shuffles keep
// every bit.
struct FloatSource {
  static constexpr size_t kPerUnit = 1;
  const float* p;
  size_t outer_stride, k_stride;
  size_t k;

  bool IsAlongK() const { return k_stride == 1; }
  // Units unit to unit + kLanes of one row.
  LLM_INLINE_METHOD F32 WholeAlongK(size_t row, size_t unit) const { return Load(p + row * outer_stride + unit); }
  LLM_INLINE_METHOD F32 AlongK(size_t row, size_t unit) const {
    return LoadN(p + row * outer_stride + unit, Remaining(k - unit));
  }
  // One unit of `count` rows from `row` on, whose values lie side by side.
  LLM_INLINE_METHOD F32 Across(size_t row, size_t unit, size_t count) const {
    return LoadN(p + unit * k_stride + row, count);
  }
  LLM_INLINE_METHOD const void* AddressAcross(size_t row, size_t k) const { return p + k * k_stride + row; }
  LLM_INLINE_METHOD float At(size_t row, size_t unit) const { return p[row * outer_stride + unit * k_stride]; }
};

// One panel whose rows are contiguous in k. `rows` <= kWidth of them exist.
template <size_t kWidth, typename Source>
LLM_INLINE void PackPanelTransposed(const Source& source, size_t row, size_t rows, float* packed) {
  const size_t units = (source.k + Source::kPerUnit - 1) / Source::kPerUnit;
  for (size_t first = 0; first < kWidth; first += kLanes) {
    const size_t width = Remaining(kWidth - first);  // columns of the panel written here
    const size_t have = rows > first ? (rows - first < width ? rows - first : width) : 0;
    for (size_t unit = 0; unit < units; unit += kLanes) {
      const size_t lanes = Remaining(units - unit);
      F32 block[kLanes];
      if (have == kLanes && (unit + kLanes) * Source::kPerUnit <= source.k) {
        for (size_t i = 0; i < kLanes; ++i) block[i] = source.WholeAlongK(row + first + i, unit);
      } else {
        for (size_t i = 0; i < kLanes; ++i) block[i] = i < have ? source.AlongK(row + first + i, unit) : Zero();
      }
      TransposeSquare(block);
      float* to = packed + unit * kWidth + first;
      if (width == kLanes && lanes == kLanes) {
        for (size_t i = 0; i < kLanes; ++i) Store(to + i * kWidth, block[i]);
      } else {
        for (size_t i = 0; i < lanes; ++i) StoreN(to + i * kWidth, block[i], width);
      }
    }
  }
}

// Rows lie pages apart, where the hardware does not look ahead.
constexpr size_t kPrefetchUnits = 12;

// One panel whose values for one k are contiguous.
template <size_t kWidth, typename Source>
LLM_INLINE void PackPanelCopied(const Source& source, size_t row, size_t rows, float* packed) {
  const size_t units = (source.k + Source::kPerUnit - 1) / Source::kPerUnit;
  for (size_t unit = 0; unit < units; ++unit) {
    for (size_t i = 0; i < Source::kPerUnit; ++i) {
      const size_t k = (unit + kPrefetchUnits) * Source::kPerUnit + i;
      for (size_t first = 0; first < kWidth; first += 16) __builtin_prefetch(source.AddressAcross(row + first, k));
    }
    float* to = packed + unit * kWidth;
    for (size_t first = 0; first < kWidth; first += kLanes) {
      const size_t width = Remaining(kWidth - first);
      const size_t have = rows > first ? (rows - first < width ? rows - first : width) : 0;
      StoreN(to + first, have > 0 ? source.Across(row + first, unit, have) : Zero(), width);
    }
  }
}

template <size_t kWidth, typename Source>
LLM_INLINE void PackPanels(const Source& source, size_t outer, float* packed, size_t panel_stride) {
  const size_t units = (source.k + Source::kPerUnit - 1) / Source::kPerUnit;
  for (size_t first = 0; first < outer; first += kWidth) {
    const size_t rows = outer - first < kWidth ? outer - first : kWidth;
    float* to = packed + first / kWidth * panel_stride;
    if (source.outer_stride == 1 && rows == kWidth) {
      PackPanelCopied<kWidth>(source, first, kWidth, to);
    } else if (source.outer_stride == 1) {
      PackPanelCopied<kWidth>(source, first, rows, to);
    } else if (source.IsAlongK()) {
      PackPanelTransposed<kWidth>(source, first, rows, to);
    } else {
      for (size_t unit = 0; unit < units; ++unit) {
        for (size_t i = 0; i < kWidth; ++i) to[unit * kWidth + i] = i < rows ? source.At(first + i, unit) : 0.0f;
      }
    }
  }
}

}  // namespace LLM_ISA
}  // namespace llm

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

// One panel whose rows are contiguous in k. `rows` <= kWidth of them exist.
template <size_t kWidth>
LLM_INLINE void PackPanelTransposed(const float* source, size_t outer_stride, size_t rows, size_t k, float* packed) {
  for (size_t first = 0; first < kWidth; first += kLanes) {
    const size_t width = Remaining(kWidth - first);  // columns of the panel written here
    const size_t have = rows > first ? (rows - first < width ? rows - first : width) : 0;
    for (size_t kk = 0; kk < k; kk += kLanes) {
      const size_t lanes = Remaining(k - kk);
      F32 block[kLanes];
      if (have == kLanes && lanes == kLanes) {
        for (size_t i = 0; i < kLanes; ++i) block[i] = Load(source + (first + i) * outer_stride + kk);
      } else {
        for (size_t i = 0; i < kLanes; ++i) {
          block[i] = i < have ? LoadN(source + (first + i) * outer_stride + kk, lanes) : Zero();
        }
      }
      TransposeSquare(block);
      float* to = packed + kk * kWidth + first;
      if (width == kLanes && lanes == kLanes) {
        for (size_t i = 0; i < kLanes; ++i) Store(to + i * kWidth, block[i]);
      } else {
        for (size_t i = 0; i < lanes; ++i) StoreN(to + i * kWidth, block[i], width);
      }
    }
  }
}

// Rows lie pages apart, where the hardware does not look ahead.
constexpr size_t kPrefetchRows = 12;

// One panel whose values for one k are contiguous.
template <size_t kWidth>
LLM_INLINE void PackPanelCopied(const float* source, size_t k_stride, size_t rows, size_t k, float* packed) {
  for (size_t kk = 0; kk < k; ++kk) {
    const float* from = source + kk * k_stride;
    for (size_t first = 0; first < kWidth; first += 16) __builtin_prefetch(from + kPrefetchRows * k_stride + first);
    float* to = packed + kk * kWidth;
    for (size_t first = 0; first < kWidth; first += kLanes) {
      const size_t width = Remaining(kWidth - first);
      const size_t have = rows > first ? (rows - first < width ? rows - first : width) : 0;
      StoreN(to + first, have > 0 ? LoadN(from + first, have) : Zero(), width);
    }
  }
}

template <size_t kWidth>
LLM_INLINE void PackPanels(const float* source, size_t outer_stride, size_t k_stride, size_t outer, size_t k,
                           float* packed, size_t panel_stride) {
  for (size_t first = 0; first < outer; first += kWidth) {
    const size_t rows = outer - first < kWidth ? outer - first : kWidth;
    const float* from = source + first * outer_stride;
    float* to = packed + first / kWidth * panel_stride;
    if (outer_stride == 1 && rows == kWidth) {
      PackPanelCopied<kWidth>(from, k_stride, kWidth, k, to);
    } else if (outer_stride == 1) {
      PackPanelCopied<kWidth>(from, k_stride, rows, k, to);
    } else if (k_stride == 1) {
      PackPanelTransposed<kWidth>(from, outer_stride, rows, k, to);
    } else {
      for (size_t kk = 0; kk < k; ++kk) {
        for (size_t i = 0; i < kWidth; ++i) {
          to[kk * kWidth + i] = i < rows ? from[i * outer_stride + kk * k_stride] : 0.0f;
        }
      }
    }
  }
}

}  // namespace LLM_ISA
}  // namespace llm

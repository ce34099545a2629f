// The inner pieces of the bf16 product. The packed forms differ: pairs of bf16 where the processor multiplies them,
// else rounded float32 values, which the float32 micro-kernel multiplies.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"
#include "kernels/gemm/gemm_simd.h"

namespace llm {

#define LLM_PACK_PARAMS \
  (const void* source, size_t outer_stride, size_t k_stride, size_t outer, size_t k, float* packed, size_t panel_stride)

// As GemmPackA and GemmPackB; source is float or bf16, packed are rounded float32 values.
LLM_SIMD_FUNCTION(void, RoundedPackAFloat, LLM_PACK_PARAMS);
LLM_SIMD_FUNCTION(void, RoundedPackABf16, LLM_PACK_PARAMS);
LLM_SIMD_FUNCTION(void, RoundedPackBFloat, LLM_PACK_PARAMS);
LLM_SIMD_FUNCTION(void, RoundedPackBBf16, LLM_PACK_PARAMS);

LLM_SIMD_FUNCTION(void, FloatsToBf16Range, (const float* x, uint16_t* out, size_t n));
LLM_SIMD_FUNCTION(void, Bf16ToFloatsRange, (const uint16_t* x, float* out, size_t n));

// AVX-512-BF16 and arm64's FEAT_BF16: a unit is two bf16, k in the low half and k + 1 in the high half.
#if defined(__x86_64__)
#define LLM_PAIRS avx512bf16
#elif defined(__aarch64__)
#define LLM_PAIRS neonbf16
#endif
#if defined(LLM_PAIRS)
namespace LLM_PAIRS {
GemmTile PairTileSize();
void PairPackAFloat LLM_PACK_PARAMS;
void PairPackABf16 LLM_PACK_PARAMS;
void PairPackBFloat LLM_PACK_PARAMS;
void PairPackBBf16 LLM_PACK_PARAMS;
void PairBlock(const GemmBlockArgs& args);
}  // namespace LLM_PAIRS
#endif

}  // namespace llm

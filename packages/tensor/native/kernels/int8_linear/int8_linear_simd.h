// The inner pieces of int8_linear.h.
#pragma once

#include "dispatch/simd_function.h"
#include "kernels/gemm/gemm_simd.h"
#include "kernels/int8_linear/int8_linear.h"

namespace llm {

// One row: q + zero, padded with zero, and its scale. Returns the sum of q.
LLM_SIMD_FUNCTION(int32_t, Int8QuantizeRow, (const float* x, size_t columns, uint8_t zero, uint8_t* q, float* scale));

// c[rows][columns], int32 sums of rows `row` on and columns `column` on, becomes float32 results.
LLM_SIMD_FUNCTION(void, Int8Scale, (float* c, size_t c_stride, size_t rows, size_t columns, const float* x_scales,
                                    const float* scales, const float* bias));

// Packs rows of bytes into panels of the float32 product's tiles (packed_gemm.h): units of four values.
LLM_SIMD_FUNCTION(void, Int8PackA, (const uint8_t* source, size_t stride, size_t rows, size_t k, float* packed,
                                    size_t panel_stride));
LLM_SIMD_FUNCTION(void, Int8PackB, (const uint8_t* source, size_t stride, size_t rows, size_t k, float* packed,
                                    size_t panel_stride));

// GemmBlock over such units, A as x is stored and B signed; C and bias are int32.
LLM_SIMD_FUNCTION(void, Int8Block, (const GemmBlockArgs& args));
// Few rows of x (as stored, Int8Stride apart): int32 sums of columns [begin, end) of the result.
LLM_SIMD_FUNCTION(void, Int8Dots, (const Int8Linear& args, const uint8_t* x, size_t begin, size_t end));

#if defined(__x86_64__)
// The same with the processor's own dot products of bytes.
namespace avx512vnni {
void Int8Block(const GemmBlockArgs& args);
void Int8Dots(const Int8Linear& args, const uint8_t* x, size_t begin, size_t end);
}  // namespace avx512vnni
namespace avxvnni {
void Int8Block(const GemmBlockArgs& args);
void Int8Dots(const Int8Linear& args, const uint8_t* x, size_t begin, size_t end);
}  // namespace avxvnni
#elif defined(__aarch64__)
namespace neondot {
void Int8Block(const GemmBlockArgs& args);
void Int8Dots(const Int8Linear& args, const uint8_t* x, size_t begin, size_t end);
}  // namespace neondot
#endif

}  // namespace llm

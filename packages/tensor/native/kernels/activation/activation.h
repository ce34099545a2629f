// GELU (exact and by tanh), SiLU, the SwiGLU product silu(gate) up, and their gradients, element by element.
// Every array has n elements; an output may be one of the inputs.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

LLM_SIMD_FUNCTION(void, GeluRange, (const float* x, float* out, size_t n));
LLM_SIMD_FUNCTION(void, GeluTanhRange, (const float* x, float* out, size_t n));
LLM_SIMD_FUNCTION(void, SiluRange, (const float* x, float* out, size_t n));
LLM_SIMD_FUNCTION(void, GeluGradRange, (const float* dy, const float* x, float* dx, size_t n));
LLM_SIMD_FUNCTION(void, GeluTanhGradRange, (const float* dy, const float* x, float* dx, size_t n));
LLM_SIMD_FUNCTION(void, SiluGradRange, (const float* dy, const float* x, float* dx, size_t n));
LLM_SIMD_FUNCTION(void, SwigluRange, (const float* gate, const float* up, float* out, size_t n));
LLM_SIMD_FUNCTION(void, SwigluGradRange,
                  (const float* dy, const float* gate, const float* up, float* dgate, float* dup, size_t n));

}  // namespace llm

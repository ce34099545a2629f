// Runs one function of math-inl.h over an array, for the tests.
#pragma once

#include "dispatch/simd_function.h"

namespace llm {

enum class MathFunction { kExp, kLog, kTanh, kSigmoid, kErf };

LLM_SIMD_FUNCTION(void, ApplyMath, (MathFunction function, const float* x, float* out, size_t n));

}  // namespace llm

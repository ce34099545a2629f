// What the processor can do at most, for benchmarks: multiply–adds in registers, and reading memory.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"

namespace llm {

// `rounds` rounds of multiply–adds on sums that do not wait for each other. Returns the floating-point operations of a
// round; writes something that depends on all of them to *sink, so that none can be left out.
LLM_SIMD_FUNCTION(size_t, RunFmas, (size_t rounds, float* sink));
// Sum of n floats, in order of vectors: bound by memory.
LLM_SIMD_FUNCTION(float, ReadAll, (const float* x, size_t n));

#if defined(__x86_64__)
namespace avx512bf16 {
size_t RunBf16Dots(size_t rounds, float* sink);
}
namespace avx512vnni {
size_t RunInt8Dots(size_t rounds, float* sink);
}
#elif defined(__aarch64__)
namespace neonbf16 {
size_t RunBf16Dots(size_t rounds, float* sink);
}
namespace neondot {
size_t RunInt8Dots(size_t rounds, float* sink);
}
#endif

}  // namespace llm

// Declares a function that exists once per instruction set, and picks the one for this processor.
//
//   LLM_SIMD_FUNCTION(void, ReluRange, (const float* x, float* out, size_t n));
//   ...
//   auto* relu_range = ReluRangeForCpu();   // once per kernel call, outside the loop
//   relu_range(x, out, n);
//
// The bodies are in a file named *_simd.cc, which build.mjs compiles once per instruction set with
// LLM_ISA set to scalar, avx2 or avx512: its code stands in namespace llm::LLM_ISA.
#pragma once

#include <cstddef>

#include "dispatch/cpu_features.h"

namespace llm {

template <typename Function>
inline Function SelectForCpu(Function scalar, Function avx2, Function avx512) {
  switch (ActiveIsa()) {
    case Isa::kAvx512: return avx512;
    case Isa::kAvx2: return avx2;
    case Isa::kScalar: break;
  }
  return scalar;
}

}  // namespace llm

#if defined(__x86_64__)
#define LLM_SIMD_FUNCTION(result, name, params)                          \
  namespace scalar { result name params; }                               \
  namespace avx2 { result name params; }                                 \
  namespace avx512 { result name params; }                               \
  inline auto name##ForCpu() -> result(*) params {                       \
    return ::llm::SelectForCpu(&scalar::name, &avx2::name, &avx512::name); \
  }                                                                      \
  static_assert(true, "needs a semicolon")
#else
#define LLM_SIMD_FUNCTION(result, name, params)                    \
  namespace scalar { result name params; }                         \
  inline auto name##ForCpu() -> result(*) params { return &scalar::name; } \
  static_assert(true, "needs a semicolon")
#endif

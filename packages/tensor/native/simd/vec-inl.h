// One vector type and the operations that kernels are written in, for each instruction set.
//
// Include it only from *_simd.cc files (or -inl.h files that those include). build.mjs compiles such a file
// once per instruction set, with LLM_ISA set to the namespace its code must stand in:
//
//   #include "simd/vec-inl.h"
//   namespace llm::LLM_ISA {
//   void ReluRange(const float* x, float* out, size_t n) {
//     for (size_t i = 0; i < n; i += kLanes) {
//       const size_t lanes = Remaining(n - i);
//       StoreN(out + i, Max(LoadN(x + i, lanes), Set(0.0f)), lanes);
//     }
//   }
//   }  // namespace llm::LLM_ISA
//
// F32 is a GCC/Clang vector: + - * / and unary - work lane by lane, comparisons give an I32 mask of 0 or -1.
// Lanes: 16 (avx512), 8 (avx2), 4 (scalar: SSE2 or NEON by the compiler). Include no STL header in such files:
// the linker may keep the AVX-512 copy of a shared inline function for every processor.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifndef LLM_ISA
#error "vec-inl.h is for files named *_simd.cc: build.mjs defines LLM_ISA for them"
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace llm {
namespace LLM_ISA {

#if defined(__AVX512F__)
constexpr size_t kLanes = 16;
#elif defined(__AVX2__)
constexpr size_t kLanes = 8;
#else
constexpr size_t kLanes = 4;
#endif

#define LLM_INLINE static inline __attribute__((always_inline))
#define LLM_INLINE_METHOD inline __attribute__((always_inline))

typedef float F32 __attribute__((vector_size(kLanes * 4)));
typedef int32_t I32 __attribute__((vector_size(kLanes * 4)));
typedef uint32_t U32 __attribute__((vector_size(kLanes * 4)));
// The same types for memory of any alignment.
typedef float F32Unaligned __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));
typedef int32_t I32Unaligned __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));

// How many of the next kLanes elements exist.
LLM_INLINE size_t Remaining(size_t n) { return n < kLanes ? n : kLanes; }

LLM_INLINE F32 Load(const float* p) { return *reinterpret_cast<const F32Unaligned*>(p); }
LLM_INLINE void Store(float* p, F32 v) { *reinterpret_cast<F32Unaligned*>(p) = v; }
LLM_INLINE I32 Load(const int32_t* p) { return *reinterpret_cast<const I32Unaligned*>(p); }
LLM_INLINE void Store(int32_t* p, I32 v) { *reinterpret_cast<I32Unaligned*>(p) = v; }
LLM_INLINE F32 Set(float x) { return x - F32{}; }
LLM_INLINE I32 SetInt(int32_t x) { return x + I32{}; }
LLM_INLINE F32 Zero() { return F32{}; }
LLM_INLINE F32 AsFloat(I32 v) { return reinterpret_cast<F32>(v); }
LLM_INLINE I32 AsInt(F32 v) { return reinterpret_cast<I32>(v); }
LLM_INLINE F32 ToFloat(I32 v) { return __builtin_convertvector(v, F32); }
// Towards zero. The value must fit an int32.
LLM_INLINE I32 ToInt(F32 v) { return __builtin_convertvector(v, I32); }

// The first n lanes (1 <= n <= kLanes); LoadN sets the rest to 0, StoreN leaves memory past n untouched.
LLM_INLINE F32 LoadN(const float* p, size_t n) {
#if defined(__AVX512F__)
  if (__builtin_constant_p(n) && n == kLanes) return Load(p);  // a masked store can't be forwarded to a load
  return reinterpret_cast<F32>(_mm512_maskz_loadu_ps(static_cast<__mmask16>(0xffffu >> (16 - n)), p));
#else
  if (n == kLanes) return Load(p);
  F32 v{};
  for (size_t i = 0; i < n; ++i) v[i] = p[i];
  return v;
#endif
}
LLM_INLINE void StoreN(float* p, F32 v, size_t n) {
#if defined(__AVX512F__)
  if (__builtin_constant_p(n) && n == kLanes) return Store(p, v);
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>(0xffffu >> (16 - n)), reinterpret_cast<__m512>(v));
#else
  if (n == kLanes) return Store(p, v);
  for (size_t i = 0; i < n; ++i) p[i] = v[i];
#endif
}
LLM_INLINE I32 LoadN(const int32_t* p, size_t n) {
  return AsInt(LoadN(reinterpret_cast<const float*>(p), n));
}
LLM_INLINE void StoreN(int32_t* p, I32 v, size_t n) { StoreN(reinterpret_cast<float*>(p), AsFloat(v), n); }

// body(i, lanes) for i = 0, kLanes, 2 kLanes, ... below n: whole vectors with lanes known to the compiler, so that LoadN
// and StoreN cost what Load and Store do, then what remains. body: a lambda marked LLM_LAMBDA.
#define LLM_LAMBDA __attribute__((always_inline))
template <typename Body>
LLM_INLINE void ForEachVector(size_t n, const Body& body) {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) body(i, kLanes);
  if (i < n) body(i, n - i);
}

// Lane i of `yes` where mask is -1, of `no` where it is 0.
LLM_INLINE F32 Select(I32 mask, F32 yes, F32 no) { return mask ? yes : no; }
LLM_INLINE I32 Select(I32 mask, I32 yes, I32 no) { return mask ? yes : no; }

// a * b + c, rounded once except on the scalar build of x64.
LLM_INLINE F32 Fma(F32 a, F32 b, F32 c) {
#if defined(__AVX512F__)
  return reinterpret_cast<F32>(_mm512_fmadd_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b),
                                               reinterpret_cast<__m512>(c)));
#elif defined(__AVX2__)
  return reinterpret_cast<F32>(_mm256_fmadd_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b),
                                               reinterpret_cast<__m256>(c)));
#elif defined(__aarch64__)
  return reinterpret_cast<F32>(vfmaq_f32(reinterpret_cast<float32x4_t>(c), reinterpret_cast<float32x4_t>(a),
                                         reinterpret_cast<float32x4_t>(b)));
#else
  return a * b + c;
#endif
}

LLM_INLINE F32 Sqrt(F32 x) {
#if defined(__AVX512F__)
  return reinterpret_cast<F32>(_mm512_sqrt_ps(reinterpret_cast<__m512>(x)));
#elif defined(__AVX2__)
  return reinterpret_cast<F32>(_mm256_sqrt_ps(reinterpret_cast<__m256>(x)));
#else
  F32 y;
  for (size_t i = 0; i < kLanes; ++i) y[i] = __builtin_sqrtf(x[i]);
  return y;
#endif
}

// The second argument where either is NaN: Max(x, Set(c)) drops a NaN in x, Max(Set(c), x) keeps it.
LLM_INLINE F32 Max(F32 a, F32 b) { return Select(a > b, a, b); }
LLM_INLINE F32 Min(F32 a, F32 b) { return Select(a < b, a, b); }
LLM_INLINE F32 Abs(F32 x) { return AsFloat(AsInt(x) & SetInt(0x7fffffff)); }
// |magnitude| with the sign of `sign`.
LLM_INLINE F32 CopySign(F32 magnitude, F32 sign) {
  return AsFloat((AsInt(magnitude) & SetInt(0x7fffffff)) | (AsInt(sign) & SetInt(INT32_MIN)));
}
LLM_INLINE I32 IsNan(F32 x) { return x != x; }

// To the nearest integer, ties to even. For |x| < 2^22 only; the kernels here need no more.
LLM_INLINE F32 RoundSmall(F32 x) {
  const F32 magic = Set(12582912.0f);  // 1.5 * 2^23: adding it leaves no fraction bits
  return (x + magic) - magic;
}

// The halves of a vector, down to four lanes.
typedef float F32x4 __attribute__((vector_size(16)));
typedef float F32x8 __attribute__((vector_size(32)));
#if defined(__AVX512F__)
LLM_INLINE F32x8 LowHalf(F32 v) { return reinterpret_cast<F32x8>(_mm512_castps512_ps256(reinterpret_cast<__m512>(v))); }
LLM_INLINE F32x8 HighHalf(F32 v) {
  return reinterpret_cast<F32x8>(_mm512_extractf32x8_ps(reinterpret_cast<__m512>(v), 1));
}
#endif
#if defined(__AVX2__)
LLM_INLINE F32x4 LowHalf(F32x8 v) { return reinterpret_cast<F32x4>(_mm256_castps256_ps128(reinterpret_cast<__m256>(v))); }
LLM_INLINE F32x4 HighHalf(F32x8 v) {
  return reinterpret_cast<F32x4>(_mm256_extractf128_ps(reinterpret_cast<__m256>(v), 1));
}
#endif

// Combines halves, then halves of halves: a fixed order. Operation::Of must take vectors and floats.
template <typename Operation>
LLM_INLINE float Reduce(F32x4 v) {
  return Operation::Of(Operation::Of(v[0], v[2]), Operation::Of(v[1], v[3]));
}
#if defined(__AVX2__)
template <typename Operation>
LLM_INLINE float Reduce(F32x8 v) {
  return Reduce<Operation>(Operation::Of(LowHalf(v), HighHalf(v)));
}
#endif
#if defined(__AVX512F__)
template <typename Operation>
LLM_INLINE float Reduce(F32 v) {
  return Reduce<Operation>(Operation::Of(LowHalf(v), HighHalf(v)));
}
#endif

struct AddLanes {
  template <typename T>
  LLM_INLINE T Of(T a, T b) {
    return a + b;
  }
};
struct LargerLane {
  template <typename T>
  LLM_INLINE T Of(T a, T b) {
    return ((a > b) | (a != a)) ? a : b;
  }
};
struct SmallerLane {
  template <typename T>
  LLM_INLINE T Of(T a, T b) {
    return ((a < b) | (a != a)) ? a : b;
  }
};

LLM_INLINE float ReduceAdd(F32 v) { return Reduce<AddLanes>(v); }
// NaN when a lane is NaN.
LLM_INLINE float ReduceMax(F32 v) { return Reduce<LargerLane>(v); }
LLM_INLINE float ReduceMin(F32 v) { return Reduce<SmallerLane>(v); }

}  // namespace LLM_ISA
}  // namespace llm

// Moving lanes: reductions across a vector and the transposition of a square block. Include only from
// *_simd.cc files, after simd/vec-inl.h.
#pragma once

#include "simd/vec-inl.h"

// The lanes of a followed by those of b, by number. (GCC before 12 has no __builtin_shufflevector.)
#if defined(__clang__)
#define LLM_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define LLM_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, I32{__VA_ARGS__})
#endif

namespace llm {
namespace LLM_ISA {

// a0 b0 a1 b1 ... of the lower halves, and of the upper halves.
#if defined(__AVX512F__)
LLM_INLINE F32 InterleaveLow(F32 a, F32 b) {
  return LLM_SHUFFLE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
LLM_INLINE F32 InterleaveHigh(F32 a, F32 b) {
  return LLM_SHUFFLE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
#elif defined(__AVX2__)
LLM_INLINE F32 InterleaveLow(F32 a, F32 b) { return LLM_SHUFFLE(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
LLM_INLINE F32 InterleaveHigh(F32 a, F32 b) { return LLM_SHUFFLE(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
#else
LLM_INLINE F32 InterleaveLow(F32 a, F32 b) { return LLM_SHUFFLE(a, b, 0, 4, 1, 5); }
LLM_INLINE F32 InterleaveHigh(F32 a, F32 b) { return LLM_SHUFFLE(a, b, 2, 6, 3, 7); }
#endif

// rows[i][j] becomes rows[j][i]: log2(kLanes) perfect shuffles of rows i and i + kLanes / 2.
LLM_INLINE void TransposeBlock(F32 (&rows)[kLanes]) {
  F32 shuffled[kLanes];
  for (size_t round = 1; round < kLanes; round *= 2) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kLanes / 2; ++i) {
      shuffled[2 * i] = InterleaveLow(rows[i], rows[i + kLanes / 2]);
      shuffled[2 * i + 1] = InterleaveHigh(rows[i], rows[i + kLanes / 2]);
    }
#pragma GCC unroll 16
    for (size_t i = 0; i < kLanes; ++i) rows[i] = shuffled[i];
  }
}

// Rounds of a reduction across lanes: each lane next to the one `distance` away.
#if defined(__AVX512F__)
#define LLM_REDUCE_LANES(v, combine)                                                                           \
  v = combine(v, LLM_SHUFFLE(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));          \
  v = combine(v, LLM_SHUFFLE(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));          \
  v = combine(v, LLM_SHUFFLE(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));          \
  v = combine(v, LLM_SHUFFLE(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14))
#elif defined(__AVX2__)
#define LLM_REDUCE_LANES(v, combine)                                                  \
  v = combine(v, LLM_SHUFFLE(v, v, 4, 5, 6, 7, 0, 1, 2, 3));              \
  v = combine(v, LLM_SHUFFLE(v, v, 2, 3, 0, 1, 6, 7, 4, 5));              \
  v = combine(v, LLM_SHUFFLE(v, v, 1, 0, 3, 2, 5, 4, 7, 6))
#else
#define LLM_REDUCE_LANES(v, combine)                      \
  v = combine(v, LLM_SHUFFLE(v, v, 2, 3, 0, 1)); \
  v = combine(v, LLM_SHUFFLE(v, v, 1, 0, 3, 2))
#endif

// -1 in the first n lanes, 0 in the rest.
LLM_INLINE I32 FirstLanes(size_t n) {
  I32 lane;
  for (size_t i = 0; i < kLanes; ++i) lane[i] = static_cast<int32_t>(i);
  return lane < SetInt(static_cast<int32_t>(n));
}

LLM_INLINE F32 Sum(F32 a, F32 b) { return a + b; }

// The largest lane; which one when a lane is NaN is not said. (ReduceMax of vec-inl.h keeps NaN and is slower.)
LLM_INLINE float LargestLane(F32 v) {
  LLM_REDUCE_LANES(v, Max);
  return v[0];
}

// The sum of the lanes: halves, then halves of halves.
LLM_INLINE float SumOfLanes(F32 v) {
  LLM_REDUCE_LANES(v, Sum);
  return v[0];
}

// Lane i is the sum of the lanes of rows[i]; overwrites rows. Each round interleaves rows i and i + half and adds.
LLM_INLINE F32 SumOfEachRow(F32 (&rows)[kLanes]) {
#pragma GCC unroll 4
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (size_t i = 0; i < half; ++i) {
      rows[i] = InterleaveLow(rows[i], rows[i + half]) + InterleaveHigh(rows[i], rows[i + half]);
    }
  }
  return rows[0];
}

}  // namespace LLM_ISA
}  // namespace llm

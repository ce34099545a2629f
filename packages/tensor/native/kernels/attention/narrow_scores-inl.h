// Scores of few rows (decoding) against keys as rows. Include only from attention_forward_simd.cc.
#pragma once

#include "kernels/attention/tile-inl.h"

namespace llm {
namespace LLM_ISA {
namespace {

// Up to so many rows, packing the keys costs more than it saves (decoding: one query of a few heads).
constexpr size_t kNarrowRows = 6;

constexpr size_t kKeysAtOnce = 4;

// products[r][i] = rows[r] * keys[i], vector by vector, for kKeysAtOnce keys: each that is loaded serves all rows.
template <size_t kRows>
LLM_INLINE void KeyProducts(const float* rows, size_t D, const float* keys, size_t key_row, F32 (*products)[kLanes]) {
  F32 sums[kRows][kKeysAtOnce];
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kKeysAtOnce; ++i) sums[r][i] = Zero();
  }
  for (size_t d = 0; d < D; d += kLanes) {
    F32 key[kKeysAtOnce];
#pragma GCC unroll 8
    for (size_t i = 0; i < kKeysAtOnce; ++i) key[i] = Load(keys + i * key_row + d);
#pragma GCC unroll 8
    for (size_t r = 0; r < kRows; ++r) {
      const F32 query = Load(rows + r * D + d);
#pragma GCC unroll 8
      for (size_t i = 0; i < kKeysAtOnce; ++i) sums[r][i] = Fma(query, key[i], sums[r][i]);
    }
  }
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kKeysAtOnce; ++i) products[r][i] = sums[r][i];
  }
}

// Scores of whole blocks of kLanes keys.
template <size_t kRows>
void BlockScores(const AttentionProblem& p, const float* rows, const float* keys, size_t key_row, size_t key_count,
                 float* scores) {
  for (size_t j = 0; j < key_count; j += kLanes) {
    F32 products[kRows][kLanes];
    for (size_t i = 0; i < kLanes; i += kKeysAtOnce) {
      F32(*own)[kLanes] = reinterpret_cast<F32(*)[kLanes]>(&products[0][i]);
      KeyProducts<kRows>(rows, p.D, keys + (j + i) * key_row, key_row, own);
    }
    for (size_t r = 0; r < kRows; ++r) Store(scores + r * p.tile() + j, SumOfEachRow(products[r]));
  }
}

// TileScores for few rows, with keys as rows: dot products of whole vectors, past what a row sees too. The last block of
// a tile that is not whole is read from a copy, as there may be no memory behind it.
void NarrowScores(const AttentionProblem& p, const float* rows, size_t count, const float* keys, size_t key_row,
                  size_t key_count, float* scores) {
  constexpr void (*kScores[])(const AttentionProblem&, const float*, const float*, size_t, size_t, float*) = {
      nullptr, BlockScores<1>, BlockScores<2>, BlockScores<3>, BlockScores<4>, BlockScores<5>, BlockScores<6>};
  static_assert(kNarrowRows == 6, "a function for each number of rows");
  const size_t whole = key_count / kLanes * kLanes;
  kScores[count](p, rows, keys, key_row, whole, scores);
  if (whole == key_count) return;
  alignas(64) float rest[kLanes * kMaxHeadDim];
  for (size_t i = 0; i < kLanes; ++i) {
    const float* key = keys + Smaller(whole + i, key_count - 1) * key_row;
    for (size_t d = 0; d < p.D; d += kLanes) Store(rest + i * p.D + d, Load(key + d));
  }
  kScores[count](p, rows, rest, p.D, kLanes, scores + whole);
}

}  // namespace
}  // namespace LLM_ISA
}  // namespace llm

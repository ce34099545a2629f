// A tile of keys and values as the forward pass reads it: from memory as it lies, from blocks of a table, or unpacked
// from a cache of few bits. Include only from attention_forward_simd.cc.
#pragma once

#include "kernels/attention/tile-inl.h"
#include "kernels/kv_cache/packed_rows-inl.h"

namespace llm {
namespace LLM_ISA {
namespace {

struct KeyTile {
  size_t first, count;
  const float* keys;  // rows value_row apart, or nullptr: then keys_transposed holds them
  const float* values;
  size_t value_row;
  alignas(64) float keys_transposed[kTileFloats];
  alignas(64) float packed_values[kTileFloats];
  alignas(64) float unpacked_keys[kTileFloats];  // of a cache of few bits
};

constexpr size_t kRowsAhead = 64;  // short rows of one head lie apart, which the hardware does not foresee

// Keys of one head as floats, rows of Dp, zero past D.
template <size_t kBits>
void UnpackKeysOf(const AttentionProblem& p, const float* words, size_t head, size_t first, size_t count, float* out) {
  const PackedRowFormat format = PackedRowFormat::Of(p.D, kBits);
  const size_t Dp = RoundUp(p.D), b = head / p.K, key_head = head % p.K;
  for (size_t j = 0; j < count; ++j) {
    const size_t later = Smaller(first + j + kRowsAhead, p.key_length - 1);
    const float* ahead = words + (KeyRow(p, b, later) * p.K + key_head) * format.words;
    __builtin_prefetch(ahead);
    __builtin_prefetch(ahead + format.words - 1);
    const size_t row = KeyRow(p, b, first + j) * p.K + key_head;
    UnpackWords<kBits>(format, reinterpret_cast<const uint32_t*>(words) + row * format.words, out + j * Dp);
    for (size_t d = p.D; d < Dp; ++d) out[j * Dp + d] = 0.0f;
  }
}

void UnpackKeys(const AttentionProblem& p, const float* words, size_t head, size_t first, size_t count, float* out) {
  p.bits == 8 ? UnpackKeysOf<8>(p, words, head, first, count, out) : UnpackKeysOf<4>(p, words, head, first, count, out);
}

// Keys that lie as [count, Dp] side by side, as a problem of their own for PackKeysTransposed.
AttentionProblem Unpacked(const AttentionProblem& p, size_t count) {
  AttentionProblem own = p;
  own.S = count, own.K = 1, own.D = RoundUp(p.D), own.table = nullptr;
  return own;
}

// A few keys as rows: where they lie if that is possible, else copied.
void LoadRowsOfKeys(const AttentionProblem& p, size_t head, KeyTile* k) {
  const size_t b = head / p.K, key_head = head % p.K;
  const bool is_in_place = p.bits == 0 && p.table == nullptr;
  k->value_row = is_in_place ? p.K * p.D : RoundUp(p.D);
  k->keys = is_in_place ? p.k + KeyOffset(p, b, key_head, k->first) : k->unpacked_keys;
  k->values = is_in_place ? p.v + KeyOffset(p, b, key_head, k->first) : k->packed_values;
  if (is_in_place) return;
  if (p.bits == 0) {
    PackKeys(p, p.k, b, key_head, k->first, k->count, k->unpacked_keys);
    PackKeys(p, p.v, b, key_head, k->first, k->count, k->packed_values);
  } else {
    UnpackKeys(p, p.k, head, k->first, k->count, k->unpacked_keys);
    UnpackKeys(p, p.v, head, k->first, k->count, k->packed_values);
  }
}

void LoadKeyTile(const AttentionProblem& p, size_t head, bool is_narrow, KeyTile* k) {
  if (is_narrow) return LoadRowsOfKeys(p, head, k);
  const size_t b = head / p.K, key_head = head % p.K;
  k->keys = nullptr;
  k->values = k->packed_values;
  k->value_row = RoundUp(p.D);
  if (p.bits == 0) {
    PackKeysTransposed(p, p.k, b, key_head, k->first, k->count, k->keys_transposed);
    PackKeys(p, p.v, b, key_head, k->first, k->count, k->packed_values);
  } else {
    UnpackKeys(p, p.k, head, k->first, k->count, k->unpacked_keys);
    PackKeysTransposed(Unpacked(p, k->count), k->unpacked_keys, 0, 0, 0, k->count, k->keys_transposed);
    UnpackKeys(p, p.v, head, k->first, k->count, k->packed_values);
  }
}

}  // namespace
}  // namespace LLM_ISA
}  // namespace llm

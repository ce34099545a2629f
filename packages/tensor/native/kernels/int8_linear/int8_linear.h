// y = x Wᵀ + b in 8-bit integers: each row of x and each row of W is rounded to q = round(v / scale), scale = the row's
// largest |v| / 127. Sums of products are exact int32; y = sum · (scale of x · scale of W) + b in float32. So the result
// is the same bits for every processor and thread count, and a row of x gives the same alone or among others.
//
// Bytes lie row after row, each row padded with zeros to Int8Stride(I). x64 multiplies unsigned by signed bytes: there x
// is stored as q + 128, and `offsets` takes the 128 back; arm64 multiplies signed bytes. A NaN or infinity makes its row's
// results NaN; a row below kInt8Smallest counts as zeros.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/gemm/packed_gemm.h"
#include "threading/pool.h"

namespace llm {

constexpr float kInt8Smallest = 1e-30f;
constexpr size_t kInt8MostColumns = 64 * 1024;  // 255 · 127 of them still fit an int32

// x is stored as q plus this.
#if defined(__aarch64__)
constexpr uint8_t kInt8Zero = 0;
#else
constexpr uint8_t kInt8Zero = 128;
#endif

inline size_t Int8Stride(size_t columns) { return (columns + 63) / 64 * 64; }

struct Int8Weight {
  size_t O = 0, I = 0;
  const int8_t* q = nullptr;         // [O, Int8Stride(I)]
  const float* scales = nullptr;     // [O]
  const int32_t* offsets = nullptr;  // [O]: -128 times the row's sum of q
};

// Rounds W [O, I] into the arrays of an Int8Weight.
void QuantizeInt8Weight(const float* w, size_t O, size_t I, int8_t* q, float* scales, int32_t* offsets, Pool& pool);

struct Int8Linear {
  size_t M = 0;
  Int8Weight weight;
  const float* x = nullptr;     // [M, I]
  const float* bias = nullptr;  // [O], or none
  float* out = nullptr;         // [M, O]
};

// Floats of working memory.
size_t Int8LinearScratch(const Int8Linear& args);
void RunInt8Linear(const Int8Linear& args, float* scratch, Pool& pool);

}  // namespace llm

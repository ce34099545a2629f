// Layer normalisation and root-mean-square normalisation of rows, and their gradients.
//
//   layer: out = (x - mean) / sqrt(variance + eps) weight + bias     rms: out = x / sqrt(mean(x^2) + eps) weight
//
// x, dy, out, dx: rows x C, packed; out may be x, dx may be dy. Mean and variance accumulate in float32, one vector of
// partial sums a row; the backward pass computes them again. dweight and dbias are summed over fixed chunks of rows,
// then over the chunks in order: the same bits for every thread count. bias and dbias are nullptr for rms.
#pragma once

#include <cstddef>

#include "dispatch/simd_function.h"
#include "threading/pool.h"

namespace llm {

struct NormArgs {
  const float* x;
  const float* weight;
  const float* bias;
  size_t rows, C;
  float eps;
};

struct NormBackwardArgs {
  NormArgs forward;
  const float* dy;
  float* dx;
  float* dweight;
  float* dbias;
  float* parts;  // NormBackwardScratch() floats: [chunks, 2, C]
};

void NormForward(const NormArgs& args, bool is_rms, float* out, Pool& pool);
void NormBackward(const NormBackwardArgs& args, bool is_rms, Pool& pool);
size_t NormBackwardScratch(size_t rows, size_t C);

LLM_SIMD_FUNCTION(void, LayerNormRows, (const NormArgs& args, float* out, size_t begin, size_t end));
LLM_SIMD_FUNCTION(void, RmsNormRows, (const NormArgs& args, float* out, size_t begin, size_t end));
// dx of the rows, and their share of dweight and dbias, which is overwritten.
LLM_SIMD_FUNCTION(void, LayerNormGradRows,
                  (const NormBackwardArgs& args, float* dweight, float* dbias, size_t begin, size_t end));
LLM_SIMD_FUNCTION(void, RmsNormGradRows, (const NormBackwardArgs& args, float* dweight, size_t begin, size_t end));
// out[c] = sum over the chunks of parts[chunk stride + c], for c in [begin, end).
LLM_SIMD_FUNCTION(void, SumChunks,
                  (const float* parts, size_t chunks, size_t stride, float* out, size_t begin, size_t end));

}  // namespace llm

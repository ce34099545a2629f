// Which kernels multiply bf16 on this processor.
#pragma once

#include "kernels/gemm/packed_gemm.h"

namespace llm {

using GemmPackFunction = void (*)(const void* source, size_t outer_stride, size_t k_stride, size_t outer, size_t k,
                                  float* packed, size_t panel_stride);

struct PairKernels {
  GemmTile tile;
  size_t k_per_unit;
  GemmPackFunction pack_a_float, pack_a_bf16, pack_b_float, pack_b_bf16;
  GemmBlockFunction block;
};

PairKernels PairKernelsForCpu();

}  // namespace llm

// Between ggml's blocks and the panels of packed_format.h.
#pragma once

#include "kernels/quantized/packed_format.h"

namespace llm {

// Packs `rows` (1 to 16) rows of blocks, which begin `row_bytes` apart, into one panel.
void PackPanel(BlockType type, const uint8_t* blocks, size_t row_bytes, size_t rows, size_t columns, uint8_t* panel);

// The values of one row (0 to 15) of a panel, as ggml dequantises them: to the same bits.
void UnpackRow(BlockType type, const uint8_t* panel, size_t row, size_t columns, float* out);

}  // namespace llm

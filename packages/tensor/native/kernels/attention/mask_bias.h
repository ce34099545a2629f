// Reading a mask of keys.
#pragma once

#include "kernels/attention/attention.h"
#include "node/args.h"

namespace llm {

// The next argument: a mask [B, columns] of int32 or float32, or -1. Returns what AttentionProblem::mask_bias is.
const float* ReadMaskBias(Args& args, const AttentionProblem& p, size_t columns, bool is_float);

}  // namespace llm

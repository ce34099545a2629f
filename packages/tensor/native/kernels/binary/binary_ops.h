// Elementwise operations of two operands, with tfjs's names and the results of its cpu backend.
// The numbers are part of the interface with src/backends/native/kernels/binary.ts.
#pragma once
#include "dispatch/simd_function.h"
#include "kernels/element_type.h"

namespace llm {

enum class BinaryOp : int32_t {
  kAdd = 0,
  kSub = 1,
  kMultiply = 2,
  kRealDiv = 3,
  kFloorDiv = 4,           // int32 result
  kMod = 5,                // sign of the divisor
  kMaximum = 6,            // NaN if either is
  kMinimum = 7,
  kPow = 8,                // as ECMAScript: NaN for |a| = 1, |b| = infinity
  kSquaredDifference = 9,
  kAtan2 = 10,
  kPrelu = 11,             // a < 0 ? a * b : a
  kEluGrad = 12,           // a = dy, b = y
  kGreater = 13,           // from here on: bool result
  kGreaterEqual = 14,
  kLess = 15,
  kLessEqual = 16,
  kEqual = 17,
  kNotEqual = 18,
  kLogicalAnd = 19,
  kLogicalOr = 20,
  kBitwiseAnd = 21,        // int32
  kHypot = 22,             // sqrt(a^2 + b^2)
  kCount = 23,
};

// One run of an operation over contiguous output. kBoth: both operands advance; kScalarA, kScalarB:
// that operand is one element for the whole run.
enum class BinaryRun : int32_t { kBoth = 0, kScalarA = 1, kScalarB = 2 };

using BinaryRowFunction = void (*)(const void* a, const void* b, void* out, size_t count);

// Null where the combination does not exist (for instance Pow on bool).
LLM_SIMD_FUNCTION(BinaryRowFunction, FindBinaryRow, (BinaryOp op, ElementType type, BinaryRun run));

}  // namespace llm

// Elementwise operations of one operand, with tfjs's names and the results of its cpu backend.
// The numbers are part of the interface with src/backends/native/kernels/unary.ts.
#pragma once
#include "kernels/element_type.h"
#include "dispatch/simd_function.h"

namespace llm {

// float32 in, float32 out unless a comment says otherwise. p0, p1 are the operation's attributes.
enum class UnaryOp : int32_t {
  kNeg = 0,            // also int32
  kAbs = 1,            // also int32
  kExp = 2,
  kExpm1 = 3,
  kLog = 4,
  kLog1p = 5,
  kSqrt = 6,
  kRsqrt = 7,
  kSquare = 8,         // also int32
  kReciprocal = 9,
  kSign = 10,          // also int32; 0 for NaN
  kFloor = 11,
  kCeil = 12,
  kRound = 13,         // half to even
  kSin = 14,
  kCos = 15,
  kTanh = 16,
  kSigmoid = 17,
  kRelu = 18,          // also int32; NaN stays
  kRelu6 = 19,         // also int32
  kLeakyRelu = 20,     // p0 = alpha
  kElu = 21,
  kSelu = 22,
  kSoftplus = 23,
  kErf = 24,
  kStep = 25,          // x > 0 ? 1 : p0; NaN stays
  kClipByValue = 26,   // also int32; p0 = min, p1 = max; NaN stays
  kIsNan = 27,         // bool out, as the next two
  kIsInf = 28,
  kIsFinite = 29,
  kLogicalNot = 30,    // bool in, bool out
  kTan = 31,
  kAsin = 32,
  kAcos = 33,
  kAtan = 34,
  kSinh = 35,
  kCosh = 36,
  kAsinh = 37,
  kAcosh = 38,
  kAtanh = 39,
  kCount = 40,
};

using UnaryRowFunction = void (*)(const void* x, void* out, size_t count, float p0, float p1);

// Null where the combination does not exist.
LLM_SIMD_FUNCTION(UnaryRowFunction, FindUnaryRow, (UnaryOp op, ElementType type));

}  // namespace llm

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
  kRelu6 = 18,         // also int32
  kLeakyRelu = 19,     // p0 = alpha
  kElu = 20,
  kSelu = 21,
  kSoftplus = 22,
  kErf = 23,
  kStep = 24,          // x > 0 ? 1 : p0; NaN stays
  kClipByValue = 25,   // also int32; p0 = min, p1 = max; NaN stays
  kIsNan = 26,         // bool out, as the next two
  kIsInf = 27,
  kIsFinite = 28,
  kLogicalNot = 29,    // bool in, bool out
  kTan = 30,
  kAsin = 31,
  kAcos = 32,
  kAtan = 33,
  kSinh = 34,
  kCosh = 35,
  kAsinh = 36,
  kAcosh = 37,
  kAtanh = 38,
  kCount = 39,
};

using UnaryRowFunction = void (*)(const void* x, void* out, size_t count, float p0, float p1);

// Null where the combination does not exist.
LLM_SIMD_FUNCTION(UnaryRowFunction, FindUnaryRow, (UnaryOp op, ElementType type));

}  // namespace llm

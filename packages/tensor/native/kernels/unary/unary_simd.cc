// Runs of unary operations: vectors where simd/math-inl.h has the function, else plain loops (which the
// compiler vectorises when there is nothing to call).
#include <math.h>

#include "kernels/cast/to_int32.h"
#include "kernels/unary/unary_ops.h"
#include "simd/math-inl.h"

namespace llm {
namespace LLM_ISA {
namespace {

constexpr float kSeluScale = 1.05070099f;
constexpr float kSeluScaleAlpha = 1.75809934f;
constexpr float kSoftplusLimit = 13.9423847f;  // -(log(2^-23) + 2), as tfjs

// e^x - 1. Below 1 as 2 t / (1 - t), t = tanh(x / 2), which does not cancel near 0.
LLM_INLINE F32 Expm1(F32 x) {
  const F32 t = Tanh(x * Set(0.5f));
  return Select(x < Set(1.0f), (t + t) / (Set(1.0f) - t), Exp(x) - Set(1.0f));
}

// log(1 + x) = log(u) x / (u - 1), u = fl(1 + x): the rounding of u cancels.
LLM_INLINE F32 Log1p(F32 x) {
  const F32 u = x + Set(1.0f);
  const F32 d = u - Set(1.0f);
  const F32 log_u = Log(u);
  const F32 corrected = Select(d == Zero(), x, log_u * (x / d));
  return Select((u == Set(INFINITY)) | (u <= Zero()), log_u, corrected);
}

// Beyond the limits exp(x), or x itself, is exact to float32.
LLM_INLINE F32 Softplus(F32 x) {
  const F32 power = Exp(x);
  const F32 inside = Select(x > Set(kSoftplusLimit), x, Log1p(power));
  return Select(x < Set(-kSoftplusLimit), power, inside);
}

#define LLM_UNARY_VECTOR(Name, EXPRESSION)                                                        \
  void Name(const void* x_bytes, void* out_bytes, size_t count, float p0_value, float p1_value) { \
    [[maybe_unused]] const F32 p0 = Set(p0_value), p1 = Set(p1_value);                            \
    const float* x_data = static_cast<const float*>(x_bytes);                                     \
    float* out = static_cast<float*>(out_bytes);                                                  \
    ForEachVector(count, [&](size_t i, size_t lanes) LLM_LAMBDA {                                 \
      const F32 x = LoadN(x_data + i, lanes);                                                     \
      StoreN(out + i, EXPRESSION, lanes);                                                         \
    });                                                                                           \
  }
#define LLM_UNARY(Name, T, OutT, EXPRESSION)                                                       \
  void Name(const void* x_bytes, void* out_bytes, size_t count, [[maybe_unused]] float p0,         \
            [[maybe_unused]] float p1) {                                                           \
    const T* x_data = static_cast<const T*>(x_bytes);                                              \
    OutT* out = static_cast<OutT*>(out_bytes);                                                     \
    for (size_t i = 0; i < count; ++i) {                                                           \
      const T x = x_data[i];                                                                       \
      out[i] = (EXPRESSION);                                                                       \
    }                                                                                              \
  }
#define LLM_UNARY_DOUBLE(Name, FUNCTION) LLM_UNARY(Name, float, float, static_cast<float>(FUNCTION(static_cast<double>(x))))
#define LLM_UNARY_INT(Name, EXPRESSION) LLM_UNARY(Name, int32_t, int32_t, EXPRESSION)

inline int32_t Negated(int32_t x) { return static_cast<int32_t>(0u - static_cast<uint32_t>(x)); }

LLM_UNARY_VECTOR(NegRow, -x)
LLM_UNARY_VECTOR(AbsRow, Abs(x))
LLM_UNARY_VECTOR(ExpRow, Exp(x))
LLM_UNARY_VECTOR(Expm1Row, Expm1(x))
LLM_UNARY_VECTOR(LogRow, Log(x))
LLM_UNARY_VECTOR(Log1pRow, Log1p(x))
LLM_UNARY_VECTOR(SqrtRow, Sqrt(x))
LLM_UNARY_VECTOR(RsqrtRow, Set(1.0f) / Sqrt(x))
LLM_UNARY_VECTOR(SquareRow, x * x)
LLM_UNARY_VECTOR(ReciprocalRow, Set(1.0f) / x)
LLM_UNARY_VECTOR(SignRow, Select(x > Zero(), Set(1.0f), Select(x < Zero(), Set(-1.0f), Zero())))
LLM_UNARY_VECTOR(TanhRow, Tanh(x))
LLM_UNARY_VECTOR(SigmoidRow, Sigmoid(x))
LLM_UNARY_VECTOR(Relu6Row, Select(x < Zero(), Zero(), Select(x > Set(6.0f), Set(6.0f), x)))
LLM_UNARY_VECTOR(LeakyReluRow, Select(x < Zero(), p0 * x, x))
LLM_UNARY_VECTOR(EluRow, Select(x < Zero(), Expm1(x), x))
LLM_UNARY_VECTOR(SeluRow, Select(x < Zero(), Set(kSeluScaleAlpha) * Expm1(x), Set(kSeluScale) * x))
LLM_UNARY_VECTOR(SoftplusRow, Softplus(x))
LLM_UNARY_VECTOR(ErfRow, Erf(x))
LLM_UNARY_VECTOR(StepRow, Select(IsNan(x), x, Select(x > Zero(), Set(1.0f), p0)))
LLM_UNARY_VECTOR(ClipRow, Select(x > p1, p1, Select(x < p0, p0, x)))
LLM_UNARY(FloorRow, float, float, floorf(x))
LLM_UNARY(CeilRow, float, float, ceilf(x))
LLM_UNARY(RoundRow, float, float, rintf(x))
LLM_UNARY_DOUBLE(SinRow, sin)
LLM_UNARY_DOUBLE(CosRow, cos)
LLM_UNARY_DOUBLE(TanRow, tan)
LLM_UNARY_DOUBLE(AsinRow, asin)
LLM_UNARY_DOUBLE(AcosRow, acos)
LLM_UNARY_DOUBLE(AtanRow, atan)
LLM_UNARY_DOUBLE(SinhRow, sinh)
LLM_UNARY_DOUBLE(CoshRow, cosh)
LLM_UNARY_DOUBLE(AsinhRow, asinh)
LLM_UNARY_DOUBLE(AcoshRow, acosh)
LLM_UNARY_DOUBLE(AtanhRow, atanh)
LLM_UNARY(IsNanRow, float, uint8_t, x != x ? 1 : 0)
LLM_UNARY(IsInfRow, float, uint8_t, fabsf(x) == INFINITY ? 1 : 0)
LLM_UNARY(IsFiniteRow, float, uint8_t, fabsf(x) < INFINITY ? 1 : 0)
LLM_UNARY(LogicalNotRow, uint8_t, uint8_t, x == 0 ? 1 : 0)
LLM_UNARY_INT(NegIntRow, Negated(x))
LLM_UNARY_INT(AbsIntRow, x < 0 ? Negated(x) : x)
LLM_UNARY_INT(SquareIntRow, static_cast<int32_t>(static_cast<int64_t>(static_cast<double>(x) * static_cast<double>(x))))
LLM_UNARY_INT(SignIntRow, (x > 0) - (x < 0))
LLM_UNARY_INT(Relu6IntRow, x < 0 ? 0 : (x > 6 ? 6 : x))
LLM_UNARY_INT(ClipIntRow, static_cast<double>(x) > p1 ? ToInt32(p1) : (static_cast<double>(x) < p0 ? ToInt32(p0) : x))
#undef LLM_UNARY_VECTOR
#undef LLM_UNARY
#undef LLM_UNARY_DOUBLE
#undef LLM_UNARY_INT

UnaryRowFunction OnFloat(ElementType type, UnaryRowFunction row) {
  return type == ElementType::kFloat32 ? row : nullptr;
}

UnaryRowFunction OnNumber(ElementType type, UnaryRowFunction float_row, UnaryRowFunction int_row) {
  return type == ElementType::kInt32 ? int_row : OnFloat(type, float_row);
}

}  // namespace

UnaryRowFunction FindUnaryRow(UnaryOp op, ElementType type) {
  switch (op) {
    case UnaryOp::kNeg: return OnNumber(type, NegRow, NegIntRow);
    case UnaryOp::kAbs: return OnNumber(type, AbsRow, AbsIntRow);
    case UnaryOp::kExp: return OnFloat(type, ExpRow);
    case UnaryOp::kExpm1: return OnFloat(type, Expm1Row);
    case UnaryOp::kLog: return OnFloat(type, LogRow);
    case UnaryOp::kLog1p: return OnFloat(type, Log1pRow);
    case UnaryOp::kSqrt: return OnFloat(type, SqrtRow);
    case UnaryOp::kRsqrt: return OnFloat(type, RsqrtRow);
    case UnaryOp::kSquare: return OnNumber(type, SquareRow, SquareIntRow);
    case UnaryOp::kReciprocal: return OnFloat(type, ReciprocalRow);
    case UnaryOp::kSign: return OnNumber(type, SignRow, SignIntRow);
    case UnaryOp::kFloor: return OnFloat(type, FloorRow);
    case UnaryOp::kCeil: return OnFloat(type, CeilRow);
    case UnaryOp::kRound: return OnFloat(type, RoundRow);
    case UnaryOp::kSin: return OnFloat(type, SinRow);
    case UnaryOp::kCos: return OnFloat(type, CosRow);
    case UnaryOp::kTanh: return OnFloat(type, TanhRow);
    case UnaryOp::kSigmoid: return OnFloat(type, SigmoidRow);
    case UnaryOp::kRelu6: return OnNumber(type, Relu6Row, Relu6IntRow);
    case UnaryOp::kLeakyRelu: return OnFloat(type, LeakyReluRow);
    case UnaryOp::kElu: return OnFloat(type, EluRow);
    case UnaryOp::kSelu: return OnFloat(type, SeluRow);
    case UnaryOp::kSoftplus: return OnFloat(type, SoftplusRow);
    case UnaryOp::kErf: return OnFloat(type, ErfRow);
    case UnaryOp::kStep: return OnFloat(type, StepRow);
    case UnaryOp::kClipByValue: return OnNumber(type, ClipRow, ClipIntRow);
    case UnaryOp::kIsNan: return OnFloat(type, IsNanRow);
    case UnaryOp::kIsInf: return OnFloat(type, IsInfRow);
    case UnaryOp::kIsFinite: return OnFloat(type, IsFiniteRow);
    case UnaryOp::kTan: return OnFloat(type, TanRow);
    case UnaryOp::kAsin: return OnFloat(type, AsinRow);
    case UnaryOp::kAcos: return OnFloat(type, AcosRow);
    case UnaryOp::kAtan: return OnFloat(type, AtanRow);
    case UnaryOp::kSinh: return OnFloat(type, SinhRow);
    case UnaryOp::kCosh: return OnFloat(type, CoshRow);
    case UnaryOp::kAsinh: return OnFloat(type, AsinhRow);
    case UnaryOp::kAcosh: return OnFloat(type, AcoshRow);
    case UnaryOp::kAtanh: return OnFloat(type, AtanhRow);
    case UnaryOp::kLogicalNot: return type == ElementType::kBool ? LogicalNotRow : nullptr;
    case UnaryOp::kCount: break;
  }
  return nullptr;
}

}  // namespace LLM_ISA
}  // namespace llm

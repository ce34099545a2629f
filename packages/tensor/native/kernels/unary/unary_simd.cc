// Runs of unary operations: plain loops without branches, which the compiler vectorises.
#include "kernels/cast/to_int32.h"
#include "kernels/unary/float_math-inl.h"
#include "kernels/unary/unary_ops.h"

namespace llm {
namespace LLM_ISA {
namespace {

constexpr float kSeluScale = 1.0507009873554804934193349852946f;
constexpr float kSeluScaleAlpha = 1.7580993408473768599402175208123f;

#define LLM_UNARY(Name, T, OutT, EXPRESSION)                                         \
  void Name(const void* x_bytes, void* out_bytes, size_t count, float p0, float p1) { \
    (void)p0;                                                                        \
    (void)p1;                                                                        \
    const T* x_data = static_cast<const T*>(x_bytes);                                \
    OutT* out = static_cast<OutT*>(out_bytes);                                       \
    for (size_t i = 0; i < count; ++i) {                                             \
      const T x = x_data[i];                                                         \
      out[i] = (EXPRESSION);                                                         \
    }                                                                                \
  }
#define LLM_UNARY_FLOAT(Name, EXPRESSION) LLM_UNARY(Name, float, float, EXPRESSION)
#define LLM_UNARY_INT(Name, EXPRESSION) LLM_UNARY(Name, int32_t, int32_t, EXPRESSION)

inline int32_t Negated(int32_t x) { return static_cast<int32_t>(0u - static_cast<uint32_t>(x)); }

LLM_UNARY_FLOAT(NegRow, -x)
LLM_UNARY_FLOAT(AbsRow, fabsf(x))
LLM_UNARY_FLOAT(ExpRow, ExpFloat(x))
LLM_UNARY_FLOAT(Expm1Row, Expm1Float(x))
LLM_UNARY_FLOAT(LogRow, LogFloat(x))
LLM_UNARY_FLOAT(Log1pRow, Log1pFloat(x))
LLM_UNARY_FLOAT(SqrtRow, sqrtf(x))
LLM_UNARY_FLOAT(RsqrtRow, 1.0f / sqrtf(x))
LLM_UNARY_FLOAT(SquareRow, x * x)
LLM_UNARY_FLOAT(ReciprocalRow, 1.0f / x)
LLM_UNARY_FLOAT(SignRow, static_cast<float>((x > 0.0f) - (x < 0.0f)))
LLM_UNARY_FLOAT(FloorRow, floorf(x))
LLM_UNARY_FLOAT(CeilRow, ceilf(x))
LLM_UNARY_FLOAT(RoundRow, rintf(x))
LLM_UNARY_FLOAT(SinRow, static_cast<float>(sin(static_cast<double>(x))))
LLM_UNARY_FLOAT(CosRow, static_cast<float>(cos(static_cast<double>(x))))
LLM_UNARY_FLOAT(TanRow, static_cast<float>(tan(static_cast<double>(x))))
LLM_UNARY_FLOAT(AsinRow, static_cast<float>(asin(static_cast<double>(x))))
LLM_UNARY_FLOAT(AcosRow, static_cast<float>(acos(static_cast<double>(x))))
LLM_UNARY_FLOAT(AtanRow, static_cast<float>(atan(static_cast<double>(x))))
LLM_UNARY_FLOAT(SinhRow, static_cast<float>(sinh(static_cast<double>(x))))
LLM_UNARY_FLOAT(CoshRow, static_cast<float>(cosh(static_cast<double>(x))))
LLM_UNARY_FLOAT(AsinhRow, static_cast<float>(asinh(static_cast<double>(x))))
LLM_UNARY_FLOAT(AcoshRow, static_cast<float>(acosh(static_cast<double>(x))))
LLM_UNARY_FLOAT(AtanhRow, static_cast<float>(atanh(static_cast<double>(x))))
LLM_UNARY_FLOAT(TanhRow, TanhFloat(x))
LLM_UNARY_FLOAT(SigmoidRow, SigmoidFloat(x))
LLM_UNARY_FLOAT(ReluRow, x < 0.0f ? 0.0f : x)
LLM_UNARY_FLOAT(Relu6Row, x < 0.0f ? 0.0f : (x > 6.0f ? 6.0f : x))
LLM_UNARY_FLOAT(LeakyReluRow, x < 0.0f ? p0 * x : x)
LLM_UNARY_FLOAT(EluRow, x < 0.0f ? Expm1Float(x) : x)
LLM_UNARY_FLOAT(SeluRow, x < 0.0f ? kSeluScaleAlpha * Expm1Float(x) : kSeluScale * x)
LLM_UNARY_FLOAT(SoftplusRow, SoftplusFloat(x))
LLM_UNARY_FLOAT(ErfRow, ErfFloat(x))
LLM_UNARY_FLOAT(StepRow, x != x ? x : (x > 0.0f ? 1.0f : p0))
LLM_UNARY_FLOAT(ClipRow, x > p1 ? p1 : (x < p0 ? p0 : x))
LLM_UNARY(IsNanRow, float, uint8_t, x != x ? 1 : 0)
LLM_UNARY(IsInfRow, float, uint8_t, fabsf(x) == INFINITY ? 1 : 0)
LLM_UNARY(IsFiniteRow, float, uint8_t, fabsf(x) < INFINITY ? 1 : 0)
LLM_UNARY(LogicalNotRow, uint8_t, uint8_t, x == 0 ? 1 : 0)
LLM_UNARY_INT(NegIntRow, Negated(x))
LLM_UNARY_INT(AbsIntRow, x < 0 ? Negated(x) : x)
LLM_UNARY_INT(SquareIntRow, static_cast<int32_t>(static_cast<int64_t>(static_cast<double>(x) * x)))
LLM_UNARY_INT(SignIntRow, (x > 0) - (x < 0))
LLM_UNARY_INT(ReluIntRow, x < 0 ? 0 : x)
LLM_UNARY_INT(Relu6IntRow, x < 0 ? 0 : (x > 6 ? 6 : x))
LLM_UNARY_INT(ClipIntRow, x > p1 ? ToInt32(p1) : (x < p0 ? ToInt32(p0) : x))
#undef LLM_UNARY
#undef LLM_UNARY_FLOAT
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
    case UnaryOp::kRelu: return OnNumber(type, ReluRow, ReluIntRow);
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

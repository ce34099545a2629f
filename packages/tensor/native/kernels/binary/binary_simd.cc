// Runs of binary operations: plain loops without branches, which the compiler vectorises.
#include <math.h>

#include "kernels/binary/binary_ops.h"
#include "kernels/cast/to_int32.h"

namespace llm {
namespace LLM_ISA {
namespace {

template <typename T>
struct AddOp {
  using Out = T;
  static Out Apply(T a, T b) { return a + b; }
};
template <typename T>
struct SubOp {
  using Out = T;
  static Out Apply(T a, T b) { return a - b; }
};
template <typename T>
struct MultiplyOp {
  using Out = T;
  static Out Apply(T a, T b) { return a * b; }
};
// Int32Array keeps the low 32 bits of the exact sum, or of the product rounded to a double.
template <>
struct AddOp<int32_t> {
  using Out = int32_t;
  static Out Apply(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  }
};
template <>
struct SubOp<int32_t> {
  using Out = int32_t;
  static Out Apply(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
  }
};
template <>
struct MultiplyOp<int32_t> {
  using Out = int32_t;
  static Out Apply(int32_t a, int32_t b) {
    const double product = static_cast<double>(a) * static_cast<double>(b);  // < 2^63
    return static_cast<int32_t>(static_cast<int64_t>(product));
  }
};
template <typename T>
struct RealDivOp {
  using Out = T;
  static Out Apply(T a, T b) { return a / b; }
};
template <typename T>
struct FloorDivOp {
  using Out = int32_t;
  static Out Apply(T a, T b) {
    return ToInt32(::floor(static_cast<double>(a) / static_cast<double>(b)));
  }
};
inline double ModDouble(double a, double b) {
  const double rem = ::fmod(a, b);
  const bool same_sign = (a < 0 && b < 0) || (a >= 0 && b >= 0);
  return same_sign ? rem : ::fmod(rem + b, b);
}
template <typename T>
struct ModOp {
  using Out = T;
  static Out Apply(T a, T b) { return FromDouble<T>(ModDouble(a, b)); }
};
template <typename T>
struct MaximumOp {
  using Out = T;
  static Out Apply(T a, T b) { return (a > b || a != a) ? a : b; }
};
template <typename T>
struct MinimumOp {
  using Out = T;
  static Out Apply(T a, T b) { return (a < b || a != a) ? a : b; }
};
inline double PowDouble(double a, double b) {
  if (b != b) return b;                                     // C: pow(1, NaN) = 1
  if (::fabs(b) == HUGE_VAL && ::fabs(a) == 1.0) return NAN;     // C: 1
  return ::pow(a, b);
}
template <typename T>
struct PowOp {
  using Out = T;
  static Out Apply(T a, T b) { return FromDouble<T>(PowDouble(a, b)); }
};
template <typename T>
struct SquaredDifferenceOp {
  using Out = T;
  static Out Apply(T a, T b) {
    const T d = SubOp<T>::Apply(a, b);
    return MultiplyOp<T>::Apply(d, d);
  }
};
// tfjs subtracts in double precision, so the difference does not wrap before it is squared.
template <>
struct SquaredDifferenceOp<int32_t> {
  using Out = int32_t;
  static Out Apply(int32_t a, int32_t b) {
    const double d = static_cast<double>(a) - static_cast<double>(b);
    return ToInt32(d * d);
  }
};
template <typename T>
struct Atan2Op {
  using Out = T;
  static Out Apply(T a, T b) { return FromDouble<T>(::atan2(static_cast<double>(a), static_cast<double>(b))); }
};
template <typename T>
struct PreluOp {
  using Out = T;
  static Out Apply(T a, T b) { return a < 0 ? a * b : a; }
};
template <typename T>
struct EluGradOp {
  using Out = T;
  static Out Apply(T dy, T y) { return y >= 0 ? dy : dy * (y + 1); }
};

template <typename T>
struct BitwiseAndOp {
  using Out = T;
  static Out Apply(T a, T b) { return a & b; }
};
template <typename T>
struct HypotOp {  // in double: float32 squares can overflow
  using Out = T;
  static Out Apply(T a, T b) {
    const double x = static_cast<double>(a), y = static_cast<double>(b);
    return static_cast<T>(::sqrt(x * x + y * y));
  }
};

#define LLM_COMPARISON(Name, EXPRESSION)                     \
  template <typename T>                                      \
  struct Name {                                              \
    using Out = uint8_t;                                     \
    static Out Apply(T a, T b) { return (EXPRESSION) ? 1 : 0; } \
  };
LLM_COMPARISON(GreaterOp, a > b)
LLM_COMPARISON(GreaterEqualOp, a >= b)
LLM_COMPARISON(LessOp, a < b)
LLM_COMPARISON(LessEqualOp, a <= b)
LLM_COMPARISON(EqualOp, a == b)
LLM_COMPARISON(NotEqualOp, a != b)
LLM_COMPARISON(LogicalAndOp, a != 0 && b != 0)
LLM_COMPARISON(LogicalOrOp, a != 0 || b != 0)
#undef LLM_COMPARISON

template <typename Op, typename T, BinaryRun run>
void Row(const void* a_bytes, const void* b_bytes, void* out_bytes, size_t count) {
  const T* a = static_cast<const T*>(a_bytes);
  const T* b = static_cast<const T*>(b_bytes);
  typename Op::Out* out = static_cast<typename Op::Out*>(out_bytes);
  if constexpr (run == BinaryRun::kBoth) {
    for (size_t i = 0; i < count; ++i) out[i] = Op::Apply(a[i], b[i]);
  } else if constexpr (run == BinaryRun::kScalarA) {
    const T scalar = a[0];
    for (size_t i = 0; i < count; ++i) out[i] = Op::Apply(scalar, b[i]);
  } else {
    const T scalar = b[0];
    for (size_t i = 0; i < count; ++i) out[i] = Op::Apply(a[i], scalar);
  }
}

template <typename Op, typename T>
BinaryRowFunction RowOf(BinaryRun run) {
  switch (run) {
    case BinaryRun::kBoth: return Row<Op, T, BinaryRun::kBoth>;
    case BinaryRun::kScalarA: return Row<Op, T, BinaryRun::kScalarA>;
    case BinaryRun::kScalarB: return Row<Op, T, BinaryRun::kScalarB>;
  }
  return nullptr;
}

template <template <typename> class Op>
BinaryRowFunction FloatRow(ElementType type, BinaryRun run) {
  return type == ElementType::kFloat32 ? RowOf<Op<float>, float>(run) : nullptr;
}

template <template <typename> class Op>
BinaryRowFunction NumberRow(ElementType type, BinaryRun run) {
  return type == ElementType::kInt32 ? RowOf<Op<int32_t>, int32_t>(run) : FloatRow<Op>(type, run);
}

template <template <typename> class Op>
BinaryRowFunction AnyRow(ElementType type, BinaryRun run) {
  return type == ElementType::kBool ? RowOf<Op<uint8_t>, uint8_t>(run) : NumberRow<Op>(type, run);
}

}  // namespace

BinaryRowFunction FindBinaryRow(BinaryOp op, ElementType type, BinaryRun run) {
  switch (op) {
    case BinaryOp::kAdd: return NumberRow<AddOp>(type, run);
    case BinaryOp::kSub: return NumberRow<SubOp>(type, run);
    case BinaryOp::kMultiply: return NumberRow<MultiplyOp>(type, run);
    case BinaryOp::kRealDiv: return FloatRow<RealDivOp>(type, run);
    case BinaryOp::kFloorDiv: return NumberRow<FloorDivOp>(type, run);
    case BinaryOp::kMod: return NumberRow<ModOp>(type, run);
    case BinaryOp::kMaximum: return NumberRow<MaximumOp>(type, run);
    case BinaryOp::kMinimum: return NumberRow<MinimumOp>(type, run);
    case BinaryOp::kPow: return NumberRow<PowOp>(type, run);
    case BinaryOp::kSquaredDifference: return NumberRow<SquaredDifferenceOp>(type, run);
    case BinaryOp::kAtan2: return FloatRow<Atan2Op>(type, run);
    case BinaryOp::kPrelu: return FloatRow<PreluOp>(type, run);
    case BinaryOp::kEluGrad: return FloatRow<EluGradOp>(type, run);
    case BinaryOp::kGreater: return AnyRow<GreaterOp>(type, run);
    case BinaryOp::kGreaterEqual: return AnyRow<GreaterEqualOp>(type, run);
    case BinaryOp::kLess: return AnyRow<LessOp>(type, run);
    case BinaryOp::kLessEqual: return AnyRow<LessEqualOp>(type, run);
    case BinaryOp::kEqual: return AnyRow<EqualOp>(type, run);
    case BinaryOp::kNotEqual: return AnyRow<NotEqualOp>(type, run);
    case BinaryOp::kLogicalAnd: return AnyRow<LogicalAndOp>(type, run);
    case BinaryOp::kLogicalOr: return AnyRow<LogicalOrOp>(type, run);
    case BinaryOp::kBitwiseAnd: return type == ElementType::kInt32 ? RowOf<BitwiseAndOp<int32_t>, int32_t>(run) : nullptr;
    case BinaryOp::kHypot: return FloatRow<HypotOp>(type, run);
    case BinaryOp::kCount: break;
  }
  return nullptr;
}

}  // namespace LLM_ISA
}  // namespace llm

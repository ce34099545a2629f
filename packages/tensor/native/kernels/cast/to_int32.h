// ECMAScript's ToInt32: what assigning a number to an element of an Int32Array stores. tfjs's cpu
// kernels compute in double precision and then store, so integer results follow this rule.
// `static inline` with internal linkage: the file is included by code of several instruction sets.
#pragma once
#include <math.h>
#include <cstdint>

namespace llm {
namespace {

inline int32_t ToInt32(double value) {
  if (::fabs(value) < 9.0e18) {
    return static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(value)));
  }
  if (!(::fabs(value) < HUGE_VAL)) return 0;  // NaN, infinities
  const double wrapped = ::fmod(::trunc(value), 4294967296.0);
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(wrapped)));
}

template <typename T>
inline T FromDouble(double value) {
  return static_cast<T>(value);
}
template <>
inline int32_t FromDouble<int32_t>(double value) {
  return ToInt32(value);
}

}  // namespace
}  // namespace llm

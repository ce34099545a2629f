#include "kernels/arg_reduce/arg_reduce_rows.h"

namespace llm {
namespace LLM_ISA {
namespace {

constexpr size_t kPartials = 32;

template <bool is_max, typename T>
bool Beats(T contender, T holder) {
  return is_max ? contender > holder : contender < holder;
}

// The extreme value first (in vectors), then its first place.
template <bool is_max, typename T>
int32_t Run(const void* x_bytes, size_t count) {
  const T* x = static_cast<const T*>(x_bytes);
  if (x[0] != x[0]) return 0;
  T lanes[kPartials];
  for (size_t l = 0; l < kPartials; ++l) lanes[l] = x[0];
  size_t i = 0;
  for (; i + kPartials <= count; i += kPartials) {
    for (size_t l = 0; l < kPartials; ++l) lanes[l] = Beats<is_max>(x[i + l], lanes[l]) ? x[i + l] : lanes[l];
  }
  T best = lanes[0];
  for (size_t l = 1; l < kPartials; ++l) best = Beats<is_max>(lanes[l], best) ? lanes[l] : best;
  for (; i < count; ++i) best = Beats<is_max>(x[i], best) ? x[i] : best;
  size_t place = 0;
  while (x[place] != best) ++place;
  return static_cast<int32_t>(place);
}

template <bool is_max, typename T>
void Contend(const void* x_bytes, size_t stride, int32_t row, int32_t* winner, size_t count) {
  const T* x = static_cast<const T*>(x_bytes);
  const T* contenders = x + static_cast<size_t>(row) * stride;
  for (size_t i = 0; i < count; ++i) {
    const T holder = x[static_cast<size_t>(winner[i]) * stride + i];
    winner[i] = Beats<is_max>(contenders[i], holder) ? row : winner[i];
  }
}

template <bool is_max>
ArgReduceRows RowsOf(int type) {
  switch (type) {
    case 0: return {Run<is_max, float>, Contend<is_max, float>};
    case 1: return {Run<is_max, int32_t>, Contend<is_max, int32_t>};
    default: return {Run<is_max, uint8_t>, Contend<is_max, uint8_t>};
  }
}

}  // namespace

ArgReduceRows FindArgReduceRows(bool is_max, int type) {
  return is_max ? RowsOf<true>(type) : RowsOf<false>(type);
}

}  // namespace LLM_ISA
}  // namespace llm

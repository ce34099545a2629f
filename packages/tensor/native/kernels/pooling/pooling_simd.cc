// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/pooling/pooling.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {

void MaxOfRows(const float* const* rows, size_t count, size_t n, float* out) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    F32 largest = Set(-__builtin_inff());
    for (size_t r = 0; r < count; ++r) largest = Max(LoadN(rows[r] + i, lanes), largest);  // drops NaN
    StoreN(out + i, largest, lanes);
  });
}

void MaxRowTaps(const float* const* rows, const int32_t* row_taps, size_t count, size_t n, int32_t* taps) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    F32 largest = Set(-__builtin_inff());
    I32 tap = SetInt(-1);
    for (size_t r = 0; r < count; ++r) {
      const F32 x = LoadN(rows[r] + i, lanes);
      const I32 is_larger = x > largest;
      largest = Select(is_larger, x, largest);
      tap = Select(is_larger, SetInt(row_taps[r]), tap);
    }
    StoreN(taps + i, tap, lanes);
  });
}

void SumOfRows(const float* const* rows, size_t count, size_t n, float scale, float* out) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    F32 sum = Zero();
    for (size_t r = 0; r < count; ++r) sum = sum + LoadN(rows[r] + i, lanes);
    StoreN(out + i, sum * Set(scale), lanes);
  });
}

void WeightedSumOfRows(const float* const* rows, const float* weights, size_t count, size_t n, float* out) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    F32 sum = Zero();
    for (size_t r = 0; r < count; ++r) sum = Fma(LoadN(rows[r] + i, lanes), Set(weights[r]), sum);
    StoreN(out + i, sum, lanes);
  });
}

void SumOfChosen(const float* const* rows, const int32_t* const* chosen, const int32_t* row_taps, size_t count,
                 size_t n, float* out) {
  ForEachVector(n, [&](size_t i, size_t lanes) LLM_LAMBDA {
    F32 sum = Zero();
    for (size_t r = 0; r < count; ++r) {
      const I32 is_chosen = LoadN(chosen[r] + i, lanes) == SetInt(row_taps[r]);
      sum = sum + Select(is_chosen, LoadN(rows[r] + i, lanes), Zero());
    }
    StoreN(out + i, sum, lanes);
  });
}

}  // namespace llm::LLM_ISA

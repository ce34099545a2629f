// Compiled once per instruction set (see simd/vec-inl.h). A tile of sums stays in registers.
#include "kernels/conv/conv_simd.h"

#include "simd/vec-inl.h"

namespace llm::LLM_ISA {
namespace {

// 24 sums of 32 registers, or 12 of 16.
constexpr size_t kVectors = 2;
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr size_t kRows = 12;
#else
constexpr size_t kRows = 6;
#endif

template <size_t kV>
LLM_INLINE void Initialise(const ConvTileArgs& t, size_t column, F32 (&sums)[kRows][kV]) {
#pragma GCC unroll 12
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (size_t v = 0; v < kV; ++v) {
      const size_t first = column + v * kLanes;
      const size_t lanes = Remaining(t.columns - first);
      sums[r][v] = Zero();
      if (t.init == GemmInit::kBias) sums[r][v] = LoadN(t.bias + first, lanes);
      if (t.init == GemmInit::kC && r < t.rows) sums[r][v] = LoadN(t.out[r] + first, lanes);
    }
  }
}

template <size_t kV>
void TileOf(const ConvTileArgs& t, size_t column) {
  F32 sums[kRows][kV];
  Initialise<kV>(t, column, sums);
  const float* filter = t.filter + column;
  for (size_t tap = 0; tap < t.taps; ++tap, filter += t.channels * t.panel_width) {
    const float* const* sources = t.sources + tap * t.source_stride;
    const float* x[kRows];
    bool is_padding = true;
#pragma GCC unroll 12
    for (size_t r = 0; r < kRows; ++r) {
      x[r] = sources[r];
      is_padding &= x[r] == t.zeros;
    }
    if (is_padding) continue;
    const float* weights = filter;
    for (size_t c = 0; c < t.channels; ++c, weights += t.panel_width) {
      F32 right[kV];
#pragma GCC unroll 2
      for (size_t v = 0; v < kV; ++v) right[v] = Load(weights + v * kLanes);
#pragma GCC unroll 12
      for (size_t r = 0; r < kRows; ++r) {
        const F32 left = Set(x[r][c]);
#pragma GCC unroll 2
        for (size_t v = 0; v < kV; ++v) sums[r][v] = Fma(left, right[v], sums[r][v]);
      }
    }
  }
#pragma GCC unroll 12
  for (size_t r = 0; r < kRows; ++r) {
    if (r >= t.rows) break;
#pragma GCC unroll 2
    for (size_t v = 0; v < kV; ++v) {
      const size_t first = column + v * kLanes;
      StoreN(t.out[r] + first, sums[r][v], Remaining(t.columns - first));
    }
  }
}

}  // namespace

size_t ConvTileRows() { return kRows; }

void ConvTile(const ConvTileArgs& t) {
  for (size_t column = 0; column < t.columns; column += kVectors * kLanes) {
    if (t.columns - column > kLanes && column + kLanes < t.panel_width) {
      TileOf<kVectors>(t, column);
    } else {
      TileOf<1>(t, column);
    }
  }
}

namespace {

// Rows c to c + kM, columns n to n + kV vectors. The last vector of the last pixels would read past the end: those
// go masked.
template <size_t kM, size_t kV>
void FilterTileOf(const ConvFilterTileArgs& t, size_t c, size_t n) {
  F32 sums[kM][kV];
  const size_t last = Remaining(t.columns - n - (kV - 1) * kLanes);  // lanes of the last vector
#pragma GCC unroll 12
  for (size_t r = 0; r < kM; ++r) {
#pragma GCC unroll 2
    for (size_t v = 0; v < kV; ++v) {
      const float* out = t.out + (c + r) * t.columns + n + v * kLanes;
      sums[r][v] = t.accumulate ? LoadN(out, v + 1 < kV ? kLanes : last) : Zero();
    }
  }
  for (size_t i = 0; i < t.run_count; ++i) {
    const ConvRun& run = t.runs[i];
    const float* x = run.x + c;
    const float* dy = run.dy + n;
    // Whole vectors may be read while they end before dy_end; what they hold past `columns` is never stored.
    const size_t room = static_cast<size_t>(t.dy_end - dy);
    size_t whole = room < kV * kLanes ? 0 : (room - kV * kLanes) / t.dy_step + 1;
    if (whole > run.count) whole = run.count;
    for (size_t p = 0; p < run.count; ++p, x += t.x_step, dy += t.dy_step) {
      F32 right[kV];
#pragma GCC unroll 2
      for (size_t v = 0; v < kV; ++v) {
        if (p < whole) {
          right[v] = Load(dy + v * kLanes);
        } else {
          right[v] = LoadN(dy + v * kLanes, v + 1 < kV ? kLanes : last);
        }
      }
#pragma GCC unroll 12
      for (size_t r = 0; r < kM; ++r) {
        const F32 left = Set(x[r]);
#pragma GCC unroll 2
        for (size_t v = 0; v < kV; ++v) sums[r][v] = Fma(left, right[v], sums[r][v]);
      }
    }
  }
#pragma GCC unroll 12
  for (size_t r = 0; r < kM; ++r) {
#pragma GCC unroll 2
    for (size_t v = 0; v < kV; ++v) {
      StoreN(t.out + (c + r) * t.columns + n + v * kLanes, sums[r][v], v + 1 < kV ? kLanes : last);
    }
  }
}

template <size_t kV>
void FilterColumns(const ConvFilterTileArgs& t, size_t n) {
  size_t c = 0;
  for (; c + kRows <= t.channels; c += kRows) FilterTileOf<kRows, kV>(t, c, n);
  for (; c + 3 <= t.channels; c += 3) FilterTileOf<3, kV>(t, c, n);  // 3: the channels of a picture
  for (; c < t.channels; ++c) FilterTileOf<1, kV>(t, c, n);
}

}  // namespace

void ConvFilterTile(const ConvFilterTileArgs& t) {
  size_t n = 0;
  for (; n + kLanes < t.columns; n += kVectors * kLanes) FilterColumns<kVectors>(t, n);
  if (n < t.columns) FilterColumns<1>(t, n);
}

}  // namespace llm::LLM_ISA

// Formulas: ggml-quants.c `make_qkx2_quants`, `make_qx_quants` (rmse_type 1) and `make_q3_quants`. The order of float32
// operations is theirs: it decides ties.
#include "kernels/quantize/fit.h"

#include <cmath>

#include "kernels/blocks/half.h"

namespace llm {
namespace {

constexpr float kAllZero = 1e-15f;  // a group below this is stored as zeros
constexpr size_t kMaxGroup = 32;

int Clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

// The element of largest magnitude, the first of equals.
float Extreme(const float* x, size_t n) {
  float extreme = 0, magnitude = 0;
  for (size_t i = 0; i < n; ++i) {
    if (std::fabs(x[i]) > magnitude) {
      magnitude = std::fabs(x[i]);
      extreme = x[i];
    }
  }
  return extreme;
}

float FillZero(size_t n, int8_t* quants) {
  for (size_t i = 0; i < n; ++i) quants[i] = 0;
  return 0;
}

// Sums over a group: w x l and w l l, for integers l.
struct Correlation {
  float with_x = 0;
  float with_self = 0;
  void Add(float x, int l) {
    const float w = x * x, level = static_cast<float>(l);
    with_x += w * x * level;
    with_self += w * level * level;
  }
};

int RoundSymmetric(float x, float inverse_scale, int max) {
  return Clamp(NearestInt(inverse_scale * x), -max, max - 1);
}

Correlation Correlate(const float* x, size_t n, float inverse_scale, int max) {
  Correlation sums;
  for (size_t i = 0; i < n; ++i) sums.Add(x[i], RoundSymmetric(x[i], inverse_scale, max));
  return sums;
}

void StoreSymmetric(const float* x, size_t n, float inverse_scale, int max, int8_t* quants) {
  for (size_t i = 0; i < n; ++i) {
    quants[i] = static_cast<int8_t>(max + RoundSymmetric(x[i], inverse_scale, max));
  }
}

// Moves each integer to the best place given the others. Returns whether one moved.
bool Descend(const float* x, size_t n, int max, int8_t* levels, Correlation* sums) {
  bool has_moved = false;
  for (size_t i = 0; i < n; ++i) {
    const float w = x[i] * x[i], level = static_cast<float>(levels[i]);
    float with_x = sums->with_x - w * x[i] * level;
    if (!(with_x > 0)) continue;
    float with_self = sums->with_self - w * level * level;
    const int moved = Clamp(NearestInt(x[i] * with_self / with_x), -max, max - 1);
    if (moved == levels[i]) continue;
    with_x += w * x[i] * static_cast<float>(moved);
    with_self += w * static_cast<float>(moved) * static_cast<float>(moved);
    const bool is_better = with_self > 0 && with_x * with_x * sums->with_self > sums->with_x * sums->with_x * with_self;
    if (!is_better) continue;
    levels[i] = static_cast<int8_t>(moved);
    sums->with_x = with_x;
    sums->with_self = with_self;
    has_moved = true;
  }
  return has_moved;
}

struct GroupSums {
  float min, max;  // min at most 0
  float w, wx;     // sums of w and w x
};

GroupSums SumGroup(const float* x, const float* weights, size_t n) {
  GroupSums sums{x[0], x[0], weights[0], weights[0] * x[0]};
  for (size_t i = 1; i < n; ++i) {
    if (x[i] < sums.min) sums.min = x[i];
    if (x[i] > sums.max) sums.max = x[i];
    sums.w += weights[i];
    sums.wx += weights[i] * x[i];
  }
  if (sums.min > 0) sums.min = 0;
  return sums;
}

// Weighted least squares of x = scale l + min, min at most 0; false where the integers l are all alike.
bool FitLine(const float* x, const float* weights, size_t n, const GroupSums& group, const uint8_t* quants,
             AffineFit* line) {
  float sum_l = 0, sum_ll = 0, sum_xl = 0;
  for (size_t i = 0; i < n; ++i) {
    const float level = static_cast<float>(quants[i]), weighted = weights[i] * level;
    sum_l += weighted;
    sum_ll += weighted * level;
    sum_xl += weighted * x[i];
  }
  const float determinant = group.w * sum_ll - sum_l * sum_l;
  if (!(determinant > 0)) return false;
  line->scale = (group.w * sum_xl - group.wx * sum_l) / determinant;
  line->min = (sum_ll * group.wx - sum_l * sum_xl) / determinant;
  if (line->min > 0) *line = {sum_xl / sum_ll, 0};
  return true;
}

float AffineError(const float* x, const float* weights, size_t n, const uint8_t* quants, AffineFit line,
                  bool is_absolute) {
  float error = 0;
  for (size_t i = 0; i < n; ++i) {
    const float difference = line.scale * static_cast<float>(quants[i]) + line.min - x[i];
    error += weights[i] * (is_absolute ? std::fabs(difference) : difference * difference);
  }
  return error;
}

void RoundAffine(const float* x, size_t n, float inverse_scale, float min, int max, uint8_t* quants) {
  for (size_t i = 0; i < n; ++i) {
    quants[i] = static_cast<uint8_t>(Clamp(NearestInt(inverse_scale * (x[i] - min)), 0, max));
  }
}

}  // namespace

int NearestInt(float x) { return static_cast<int>(BitsOfFloat(x + 12582912.0f) & 0x7fffff) - 0x400000; }

AffineFit FitAffine(const float* x, const float* weights, size_t n, const AffineSearch& search, uint8_t* quants) {
  const GroupSums group = SumGroup(x, weights, n);
  float min = group.min;
  if (group.max == min) {
    for (size_t i = 0; i < n; ++i) quants[i] = 0;
    return {0, -min};
  }
  const float levels = static_cast<float>(search.max_quant);
  const float first_inverse = levels / (group.max - min);
  float scale = 1 / first_inverse;
  RoundAffine(x, n, first_inverse, min, search.max_quant, quants);
  float best = AffineError(x, weights, n, quants, {scale, min}, search.is_absolute);
  for (int k = 0; k <= search.last; ++k) {
    const float inverse = (search.first + search.step * static_cast<float>(k) + levels) / (group.max - min);
    uint8_t candidate[kMaxGroup];  // rounded from the best minimum so far
    RoundAffine(x, n, inverse, min, search.max_quant, candidate);
    AffineFit line;
    if (!FitLine(x, weights, n, group, candidate, &line)) continue;
    const float error = AffineError(x, weights, n, candidate, line, search.is_absolute);
    if (!(error < best)) continue;
    for (size_t i = 0; i < n; ++i) quants[i] = candidate[i];
    best = error;
    scale = line.scale;
    min = line.min;
  }
  return {scale, -min};
}

float FitSymmetric(const float* x, size_t n, int max, int8_t* quants) {
  const float extreme = Extreme(x, n);
  if (std::fabs(extreme) < kAllZero) return FillZero(n, quants);
  const float first_inverse = static_cast<float>(-max) / extreme;
  StoreSymmetric(x, n, first_inverse, max, quants);
  Correlation sums = Correlate(x, n, first_inverse, max);
  float scale = sums.with_self != 0 ? sums.with_x / sums.with_self : 0;
  float best = scale * sums.with_x;
  for (int k = -9; k <= 9; ++k) {
    if (k == 0) continue;
    const float inverse = -(static_cast<float>(max) + 0.1f * static_cast<float>(k)) / extreme;
    sums = Correlate(x, n, inverse, max);
    if (!(sums.with_self > 0 && sums.with_x * sums.with_x > best * sums.with_self)) continue;
    StoreSymmetric(x, n, inverse, max, quants);
    scale = sums.with_x / sums.with_self;
    best = scale * sums.with_x;
  }
  return scale;
}

float FitSymmetricByDescent(const float* x, size_t n, int max, int8_t* quants) {
  constexpr int kRounds = 5;
  const float extreme = Extreme(x, n);
  if (std::fabs(extreme) < kAllZero) return FillZero(n, quants);
  const float inverse = static_cast<float>(-max) / extreme;
  Correlation sums;
  for (size_t i = 0; i < n; ++i) {
    quants[i] = static_cast<int8_t>(RoundSymmetric(x[i], inverse, max));
    sums.Add(x[i], quants[i]);
  }
  for (int round = 0; round < kRounds && Descend(x, n, max, quants, &sums); ++round) {
  }
  for (size_t i = 0; i < n; ++i) quants[i] = static_cast<int8_t>(quants[i] + max);
  return sums.with_self > 0 ? sums.with_x / sums.with_self : 0;
}

}  // namespace llm

// Compares the vector math functions with libm in double, over the whole float range, in every instruction set.
#include "simd/math_test.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "test/test.h"

namespace llm {
namespace {

// Floats of both signs and every magnitude: every kStep-th bit pattern, and the special ones.
std::vector<float> Samples() {
  constexpr uint32_t kStep = 40009;  // prime; 107,000 samples
  std::vector<float> samples;
  for (uint64_t bits = 0; bits <= 0xffffffffu; bits += kStep) {
    const uint32_t word = static_cast<uint32_t>(bits);
    float value;
    std::memcpy(&value, &word, sizeof value);
    samples.push_back(value);
  }
  const float infinity = std::numeric_limits<float>::infinity();
  for (float value : {0.0f, -0.0f, 1.0f, -1.0f, infinity, -infinity, 88.72f, 88.73f, -87.3f, -103.9f, -104.1f}) {
    samples.push_back(value);
  }
  for (float value = -20.0f; value < 20.0f; value += 0.0007f) samples.push_back(value);
  return samples;
}

double UnitInLastPlace(double value) {
  const float rounded = std::fabs(static_cast<float>(value));
  if (!(rounded < std::numeric_limits<float>::max())) return std::ldexp(1.0, 104);
  return static_cast<double>(std::nextafter(rounded, std::numeric_limits<float>::infinity())) - rounded;
}

// The largest error in ulp; infinity when a NaN or an infinity differs.
double LargestError(MathFunction function, double (*reference)(double), double absolute) {
  const std::vector<float> x = Samples();
  std::vector<float> y(x.size());
  ApplyMathForCpu()(function, x.data(), y.data(), x.size());
  double largest = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = reference(x[i]);
    const float rounded = static_cast<float>(expected);
    double error = 0;
    if (std::isnan(rounded) || std::isinf(rounded)) {
      const bool agrees = std::isnan(rounded) ? std::isnan(y[i]) : y[i] == rounded || std::fabs(y[i]) > 3.4e38f;
      error = agrees ? 0 : std::numeric_limits<double>::infinity();
    } else if (!(std::fabs(y[i] - expected) <= absolute)) {
      error = std::fabs(y[i] - expected) / UnitInLastPlace(expected);
    }
    if (!(error <= largest)) largest = error;
  }
  return largest;
}

double ReferenceSigmoid(double x) { return 1 / (1 + std::exp(-x)); }

void ExpectWithin(MathFunction function, double (*reference)(double), double ulps, double absolute) {
  for (int isa = 0; isa <= static_cast<int>(BestIsa()); ++isa) {
    SetActiveIsa(static_cast<Isa>(isa));
    const double error = LargestError(function, reference, absolute);
    LLM_EXPECT(error <= ulps, std::string(IsaName(ActiveIsa())) + ": " + std::to_string(error) + " ulp");
  }
  SetActiveIsa(BestIsa());
}

double Wrong(double x) { return std::exp(x) * 1.000001; }

}  // namespace

LLM_TEST(ExpIsWithin2Ulp) { ExpectWithin(MathFunction::kExp, std::exp, 2, 3e-45); }
LLM_TEST(LogIsWithin2Ulp) { ExpectWithin(MathFunction::kLog, std::log, 2, 0); }
LLM_TEST(TanhIsWithin3Ulp) { ExpectWithin(MathFunction::kTanh, std::tanh, 3, 0); }
LLM_TEST(SigmoidIsWithin3Ulp) { ExpectWithin(MathFunction::kSigmoid, ReferenceSigmoid, 3, 3e-45); }
LLM_TEST(ErfIsWithin3Ulp) { ExpectWithin(MathFunction::kErf, std::erf, 3, 0); }
LLM_TEST(TheCheckerSeesAWrongFunction) {
  LLM_EXPECT(LargestError(MathFunction::kExp, Wrong, 0) > 3, "an error of 1e-6 went unseen");
}

}  // namespace llm

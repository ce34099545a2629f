// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/random_fill/normal_quantile-inl.h"
#include "kernels/random_fill/random_fill.h"
#include "simd/philox-inl.h"

namespace llm::LLM_ISA {

constexpr double kLowerTail = 0.02275013194817921;  // Phi(-2)
constexpr double kInnerMass = 1 - 2 * kLowerTail;

// z[i] = quantile(p[i]): as if all were central, then again for those in the tails, gathered for vectors.
static void Quantiles(const double* p, double* z) {
  size_t place[kPhiloxWords];
  double tail[kPhiloxWords];
  size_t tails = 0;
  for (size_t i = 0; i < kPhiloxWords; ++i) z[i] = CentralQuantile(p[i]);
  for (size_t i = 0; i < kPhiloxWords; ++i) {
    place[tails] = i;
    tail[tails] = p[i];
    tails += IsCentral(p[i]) ? 0 : 1;
  }
  for (size_t i = 0; i < tails; ++i) tail[i] = TailQuantile(tail[i]);
  for (size_t i = 0; i < tails; ++i) z[place[i]] = tail[i];
}

static void Standard(Distribution distribution, const uint32_t* words, double* z) {
  double p[kPhiloxWords];
  switch (distribution) {
    case Distribution::kUniform:
      for (size_t i = 0; i < kPhiloxWords; ++i) z[i] = (words[i] >> 8) * 0x1p-24;
      return;
    case Distribution::kNormal:
      for (size_t i = 0; i < kPhiloxWords; ++i) p[i] = (words[i] + 0.5) * 0x1p-32;
      return Quantiles(p, z);
    case Distribution::kTruncatedNormal:
      for (size_t i = 0; i < kPhiloxWords; ++i) p[i] = kLowerTail + (words[i] + 0.5) * 0x1p-32 * kInnerMass;
      return Quantiles(p, z);
  }
}

void RandomFillRange(float* out, size_t first, size_t n, const RandomStream& stream) {
  uint32_t words[kPhiloxWords];
  double z[kPhiloxWords];
  for (size_t i = 0; i < n; i += kPhiloxWords) {
    PhiloxWords(stream.seed, stream.counter + (first + i) / 4, 0, words);
    Standard(stream.distribution, words, z);
    const size_t count = n - i < kPhiloxWords ? n - i : kPhiloxWords;
    for (size_t j = 0; j < count; ++j) out[i + j] = static_cast<float>(stream.offset + z[j] * stream.scale);
  }
}

}  // namespace llm::LLM_ISA

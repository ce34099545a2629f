// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/dropout/dropout.h"
#include "simd/philox-inl.h"

namespace llm::LLM_ISA {

constexpr uint32_t kDropoutStream = 1;

void DropoutRange(const float* x, float* out, size_t first, size_t n, const DropoutMask& mask) {
  uint32_t words[kPhiloxWords];
  const U32 threshold = mask.threshold + U32{};
  const F32 scale = Set(mask.scale);
  for (size_t i = 0; i < n; i += kPhiloxWords) {
    PhiloxWords(mask.seed, (first + i) / 4, kDropoutStream, words);
    ForEachVector(n - i < kPhiloxWords ? n - i : kPhiloxWords, [&](size_t j, size_t lanes) LLM_LAMBDA {
      U32 word;
      __builtin_memcpy(&word, words + j, sizeof(word));
      const I32 is_kept = word >= threshold;
      StoreN(out + i + j, Select(is_kept, LoadN(x + i + j, lanes) * scale, Zero()), lanes);
    });
  }
}

}  // namespace llm::LLM_ISA

#include "kernels/machine_peak/machine_peak.h"

#include "node/instruction.h"

namespace llm {
namespace {

enum Kind : int64_t { kFloat32 = 0, kBf16 = 1, kInt8 = 2 };

using RoundsFunction = size_t (*)(size_t rounds, float* sink);

// nullptr where this processor has no such instructions.
RoundsFunction FunctionOf(Kind kind) {
#if defined(__x86_64__)
  if (kind == kBf16) return HasExtension(Extension::kAvx512Bf16) ? avx512bf16::RunBf16Dots : nullptr;
  if (kind == kInt8) return HasExtension(Extension::kAvx512Vnni) ? avx512vnni::RunInt8Dots : nullptr;
#elif defined(__aarch64__)
  if (kind == kBf16) return HasExtension(Extension::kNeonBf16) ? neonbf16::RunBf16Dots : nullptr;
  if (kind == kInt8) return HasExtension(Extension::kNeonDot) ? neondot::RunInt8Dots : nullptr;
#endif
  return kind == kFloat32 ? RunFmasForCpu() : nullptr;
}

}  // namespace

// ComputePeak: kind, rounds, out [1] (read and written). Returns the operations done; 0 where the processor has no
// instructions for that kind.
LLM_INSTRUCTION(ComputePeak) {
  const auto kind = static_cast<Kind>(args.Int("kind", kFloat32, kInt8));
  const size_t rounds = args.Size("rounds");
  float* out = args.Output<float>("out", 1);
  args.End();
  const RoundsFunction run = FunctionOf(kind);
  if (run == nullptr) return;
  // More tasks than threads: a late thread does not leave the others waiting for its share.
  constexpr size_t kTasks = 64, kLine = 16;
  float* sinks = args.Scratch<float>(kTasks * kLine);
  for (size_t i = 0; i < kTasks; ++i) sinks[i * kLine] = *out;
  pool.Run(kTasks, [&](size_t i) { run(rounds / kTasks, sinks + i * kLine); });
  *out = 0;
  for (size_t i = 0; i < kTasks; ++i) *out += sinks[i * kLine];
  float unused = 0;
  args.Return(static_cast<double>(run(0, &unused)) * static_cast<double>(rounds / kTasks * kTasks));
}

// ReadPeak: elements, x, out [1]: reads x once. Returns the bytes.
LLM_INSTRUCTION(ReadPeak) {
  const size_t n = args.Size("elements");
  const float* x = args.Input<float>("x", n);
  float* out = args.Output<float>("out", 1);
  args.End();
  constexpr size_t kGrain = 256 * 1024;  // 1 MiB
  float* sums = args.Scratch<float>(n / kGrain + 1);
  auto* read = ReadAllForCpu();
  pool.ForRange(n, kGrain, [=](size_t begin, size_t end) { sums[begin / kGrain] = read(x + begin, end - begin); });
  *out = 0;
  for (size_t i = 0; i * kGrain < n; ++i) *out += sums[i];
  args.Return(static_cast<double>(n * sizeof(float)));
}

}  // namespace llm

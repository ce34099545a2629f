// Compiled without instruction-set flags: the probe itself must run on every processor.
#include "dispatch/cpu_features.h"

#include <atomic>
#include <cstring>
#include <initializer_list>

namespace llm {
namespace {

// Every arm64 processor has NEON, so the code that is portable elsewhere is compiled to it.
#if defined(__aarch64__)
constexpr char kPortableName[] = "neon";
#else
constexpr char kPortableName[] = "scalar";
#endif

Isa Probe() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (has_avx2 && has_avx512) return Isa::kAvx512;
  if (has_avx2) return Isa::kAvx2;
#endif
  return Isa::kScalar;
}

std::atomic<Isa>& Active() {
  static std::atomic<Isa> active{BestIsa()};
  return active;
}

bool ProbeExtension([[maybe_unused]] Extension extension) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (extension) {
    case Extension::kAvx512Bf16: return __builtin_cpu_supports("avx512bf16");
    case Extension::kAvx512Vnni: return __builtin_cpu_supports("avx512vnni");
    case Extension::kAvxVnni: return __builtin_cpu_supports("avxvnni");
  }
#endif
  return false;
}

std::atomic<bool>& ExtensionsAllowed() {
  static std::atomic<bool> allowed{true};
  return allowed;
}

}  // namespace

Isa BestIsa() {
  static const Isa best = Probe();
  return best;
}

Isa ActiveIsa() { return Active().load(std::memory_order_relaxed); }

bool SetActiveIsa(Isa isa) {
  if (static_cast<int>(isa) > static_cast<int>(BestIsa())) return false;
  Active().store(isa, std::memory_order_relaxed);
  return true;
}

const char* IsaName(Isa isa) {
  switch (isa) {
    case Isa::kAvx512: return "avx512";
    case Isa::kAvx2: return "avx2";
    case Isa::kScalar: break;
  }
  return kPortableName;
}

bool IsaFromName(const char* name, Isa* isa) {
  if (std::strcmp(name, "scalar") == 0) name = kPortableName;
  for (Isa candidate : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
    if (std::strcmp(name, IsaName(candidate)) == 0) {
      *isa = candidate;
      return true;
    }
  }
  return false;
}

bool HasExtension(Extension extension) {
  static const bool has[kExtensions] = {ProbeExtension(Extension::kAvx512Bf16), ProbeExtension(Extension::kAvx512Vnni),
                                         ProbeExtension(Extension::kAvxVnni)};
  const Isa extended = extension == Extension::kAvxVnni ? Isa::kAvx2 : Isa::kAvx512;
  return has[static_cast<int>(extension)] && ActiveIsa() == extended &&
         ExtensionsAllowed().load(std::memory_order_relaxed);
}

void AllowExtensions(bool allowed) { ExtensionsAllowed().store(allowed, std::memory_order_relaxed); }

const char* ExtensionName(Extension extension) {
  switch (extension) {
    case Extension::kAvx512Bf16: return "avx512bf16";
    case Extension::kAvx512Vnni: return "avx512vnni";
    case Extension::kAvxVnni: break;
  }
  return "avxvnni";
}

}  // namespace llm

// Compiled without instruction-set flags, as the probe is: they must run on every processor.
#include "dispatch/cpu_features.h"

#include <atomic>
#include <cstring>
#include <initializer_list>

#include "dispatch/probe.h"

namespace llm {
namespace {

// Every arm64 processor has NEON, so the code that is portable elsewhere is compiled to it.
#if defined(__aarch64__)
constexpr char kPortableName[] = "neon";
#else
constexpr char kPortableName[] = "scalar";
#endif

std::atomic<Isa>& Active() {
  static std::atomic<Isa> active{BestIsa()};
  return active;
}

Isa ExtendedBy(Extension extension) {
  switch (extension) {
    case Extension::kAvx512Bf16:
    case Extension::kAvx512Vnni: return Isa::kAvx512;
    case Extension::kAvxVnni: return Isa::kAvx2;
    case Extension::kNeonDot:
    case Extension::kNeonBf16: break;
  }
  return Isa::kScalar;  // NEON, which is arm64's portable code
}

std::atomic<bool>& ExtensionsAllowed() {
  static std::atomic<bool> allowed{true};
  return allowed;
}

}  // namespace

Isa BestIsa() {
  static const Isa best = ProbeIsa();
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
                                        ProbeExtension(Extension::kAvxVnni), ProbeExtension(Extension::kNeonDot),
                                        ProbeExtension(Extension::kNeonBf16)};
  return has[static_cast<int>(extension)] && ActiveIsa() == ExtendedBy(extension) &&
         ExtensionsAllowed().load(std::memory_order_relaxed);
}

void AllowExtensions(bool allowed) { ExtensionsAllowed().store(allowed, std::memory_order_relaxed); }

const char* ExtensionName(Extension extension) {
  switch (extension) {
    case Extension::kAvx512Bf16: return "avx512bf16";
    case Extension::kAvx512Vnni: return "avx512vnni";
    case Extension::kAvxVnni: return "avxvnni";
    case Extension::kNeonDot: return "neondot";
    case Extension::kNeonBf16: break;
  }
  return "neonbf16";
}

}  // namespace llm

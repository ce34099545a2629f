#if defined(__x86_64__)
#include <cpuid.h>

#include "dispatch/probe.h"

namespace llm {
namespace {

// Not by __builtin_cpu_supports, which has no name for it in clang before 17. That the system keeps the registers is known
// from "avx2".
bool HasAvxVnni() {
  unsigned int eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __builtin_cpu_supports("avx2") && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax >> 4 & 1) != 0;
}

}  // namespace

Isa ProbeIsa() {
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (has_avx2 && has_avx512) return Isa::kAvx512;
  return has_avx2 ? Isa::kAvx2 : Isa::kScalar;
}

bool ProbeExtension(Extension extension) {
  __builtin_cpu_init();
  switch (extension) {
    case Extension::kAvx512Bf16: return __builtin_cpu_supports("avx512bf16");
    case Extension::kAvx512Vnni: return __builtin_cpu_supports("avx512vnni");
    case Extension::kAvxVnni: return HasAvxVnni();
    case Extension::kNeonDot:
    case Extension::kNeonBf16: break;
  }
  return false;
}

}  // namespace llm
#endif

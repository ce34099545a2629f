// arm64. A processor that is neither this nor x64 has the portable code alone.
#if !defined(__x86_64__)
#include "dispatch/probe.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(__aarch64__) && defined(_WIN32)
#include <windows.h>
#endif

namespace llm {
namespace {

#if defined(__aarch64__) && defined(__linux__)

// Bits of the kernel's asm/hwcap.h, which old headers do not name.
bool HasDotProducts() { return (getauxval(AT_HWCAP) >> 20 & 1) != 0; }    // HWCAP_ASIMDDP
bool HasBf16() { return (getauxval(AT_HWCAP2) >> 14 & 1) != 0; }          // HWCAP2_BF16

#elif defined(__aarch64__) && defined(__APPLE__)

bool HasFeature(const char* name) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}

bool HasDotProducts() { return HasFeature("hw.optional.arm.FEAT_DotProd"); }
bool HasBf16() { return HasFeature("hw.optional.arm.FEAT_BF16"); }

#elif defined(__aarch64__) && defined(_WIN32)

bool HasDotProducts() { return IsProcessorFeaturePresent(43) != 0; }  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
bool HasBf16() { return false; }                                      // Windows does not say

#else

bool HasDotProducts() { return false; }
bool HasBf16() { return false; }

#endif

}  // namespace

Isa ProbeIsa() { return Isa::kScalar; }

bool ProbeExtension(Extension extension) {
  switch (extension) {
    case Extension::kNeonDot: return HasDotProducts();
    case Extension::kNeonBf16: return HasBf16();
    case Extension::kAvx512Bf16:
    case Extension::kAvx512Vnni:
    case Extension::kAvxVnni: break;
  }
  return false;
}

}  // namespace llm
#endif

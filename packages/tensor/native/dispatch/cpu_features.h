// Which instruction sets this processor has, and which one the kernels use now.
#pragma once

namespace llm {

enum class Isa : int { kScalar = 0, kAvx2 = 1, kAvx512 = 2 };

// The best this processor and operating system support. Probed once.
Isa BestIsa();

// The one in use: BestIsa() unless SetActiveIsa chose another.
Isa ActiveIsa();

// Returns false, and changes nothing, when this processor does not have it.
bool SetActiveIsa(Isa isa);

// "scalar", "avx2" or "avx512"; on arm64 "neon", which is what the portable code is there.
const char* IsaName(Isa isa);

// Returns false when no instruction set has that name; "scalar" is one everywhere.
bool IsaFromName(const char* name, Isa* isa);

// Instructions beyond a set, each in files of its own (*_avx512bf16.cc and so on). kNeonDot is arm64's dot products of
// bytes (FEAT_DotProd), kNeonBf16 those of bf16 (FEAT_BF16).
enum class Extension : int { kAvx512Bf16 = 0, kAvx512Vnni = 1, kAvxVnni = 2, kNeonDot = 3, kNeonBf16 = 4 };
constexpr int kExtensions = 5;

// Whether this processor has it and the active set is the one that it extends.
bool HasExtension(Extension extension);

// For tests of what other processors do: false makes HasExtension false.
void AllowExtensions(bool allowed);

// "avx512bf16", "avx512vnni", "avxvnni", "neondot" or "neonbf16".
const char* ExtensionName(Extension extension);

}  // namespace llm

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

// "scalar", "avx2" or "avx512".
const char* IsaName(Isa isa);

// Returns false when no instruction set has that name.
bool IsaFromName(const char* name, Isa* isa);

}  // namespace llm

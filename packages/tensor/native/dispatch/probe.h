// What the processor and its operating system say of themselves: one file for each architecture. Asked once, by
// cpu_features.cc.
#pragma once

#include "dispatch/cpu_features.h"

namespace llm {

Isa ProbeIsa();
bool ProbeExtension(Extension extension);

}  // namespace llm

// Keeps this library in memory until the process ends: Node unloads an addon with the last environment that uses it,
// while threads of our pool still run its code.
#pragma once

namespace llm {

void StayLoaded();

}  // namespace llm

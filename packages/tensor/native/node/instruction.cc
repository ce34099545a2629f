#include "node/instruction.h"

#include <algorithm>
#include <cstring>

namespace llm {
namespace {

std::vector<Instruction>& MutableInstructions() {
  static std::vector<Instruction>* instructions = new std::vector<Instruction>();
  return *instructions;
}

}  // namespace

InstructionRegistrar::InstructionRegistrar(const char* name, InstructionFunction function) {
  MutableInstructions().push_back({name, function});
}

const std::vector<Instruction>& Instructions() {
  static const bool sorted = [] {
    auto& list = MutableInstructions();
    std::sort(list.begin(), list.end(),
              [](const Instruction& a, const Instruction& b) { return std::strcmp(a.name, b.name) < 0; });
    return true;
  }();
  (void)sorted;
  return MutableInstructions();
}

}  // namespace llm

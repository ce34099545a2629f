// The instructions that JavaScript can run, by name.
//
//   LLM_INSTRUCTION(Relu) {                      // at the end of kernels/relu/relu.cc
//     const size_t n = args.Size("n");
//     Relu(args.Input<float>("x", n), args.Output<float>("out", n), n, pool);
//   }
//
// Each adds itself to the list when the library is loaded; JavaScript then asks for the names. The opcode is
// the position in the list sorted by name, so it does not depend on the order of linking.
#pragma once

#include "node/args.h"

namespace llm {

using InstructionFunction = void (*)(Args& args, Pool& pool);

struct Instruction {
  const char* name;
  InstructionFunction function;
};

// Sorted by name.
const std::vector<Instruction>& Instructions();

// Called by LLM_INSTRUCTION.
struct InstructionRegistrar {
  InstructionRegistrar(const char* name, InstructionFunction function);
};

}  // namespace llm

#define LLM_INSTRUCTION(name)                                                             \
  static void name##Instruction(::llm::Args& args, ::llm::Pool& pool);                    \
  static const ::llm::InstructionRegistrar name##_registrar(#name, &name##Instruction);   \
  static void name##Instruction([[maybe_unused]] ::llm::Args& args, [[maybe_unused]] ::llm::Pool& pool)

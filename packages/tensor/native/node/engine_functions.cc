// The engine itself: its threads, its instruction set, its kernels' names.
#include <exception>
#include <string>

#include "dispatch/cpu_features.h"
#include "node/call.h"
#include "node/functions.h"
#include "node/instruction.h"
#include "threading/pool.h"

namespace llm {

// setThreads(count): the number in use from now on.
napi_value SetThreads(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  int32_t threads = 0;
  napi_get_value_int32(env, call.args[0], &threads);
  try {
    Pool::Instance().SetThreads(threads);
  } catch (const std::exception& exception) {
    return Throw(env, std::string("setThreads: count: the system refused to start threads: ") + exception.what());
  }
  return Number(env, Pool::Instance().threads());
}

// setInstructionSet(name | ''): '' chooses the best. Returns the name in use.
napi_value SetInstructionSet(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  char name[32] = "";
  size_t length = 0;
  napi_get_value_string_utf8(env, call.args[0], name, sizeof name, &length);
  Isa isa = BestIsa();
  if (length > 0 && !IsaFromName(name, &isa)) {
    return Throw(env, std::string("setInstructionSet: name: expected scalar, neon, avx2 or avx512, got ") + name + ".");
  }
  if (!SetActiveIsa(isa)) {
    return Throw(env, std::string("setInstructionSet: name: expected at most ") + IsaName(BestIsa()) +
                          " on this processor, got " + name + ".");
  }
  napi_value result;
  napi_create_string_utf8(env, IsaName(ActiveIsa()), NAPI_AUTO_LENGTH, &result);
  return result;
}

// instructionNames(): string[]; a name's position is its opcode.
napi_value InstructionNames(napi_env env, napi_callback_info) {
  const auto& instructions = Instructions();
  napi_value result;
  napi_create_array_with_length(env, instructions.size(), &result);
  for (uint32_t i = 0; i < instructions.size(); ++i) {
    napi_value name;
    napi_create_string_utf8(env, instructions[i].name, NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, result, i, name);
  }
  return result;
}

}  // namespace llm

// Kernel calls: one by one, and sequences of them that were recorded. No C++ exception leaves this file.
#include <exception>
#include <memory>
#include <string>

#include "node/call.h"
#include "node/functions.h"
#include "node/instruction.h"
#include "threading/pool.h"

namespace llm {

// setProgram(array: Float64Array): the memory from which run() reads.
napi_value SetProgram(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  TypedArray array;
  if (!ReadTypedArray(env, call.args[0], &array) || !array.is_float64) {
    return Throw(env, "setProgram: array: expected a Float64Array, got something else.");
  }
  if (call.environment->program_ref != nullptr) napi_delete_reference(env, call.environment->program_ref);
  napi_create_reference(env, call.args[0], 1, &call.environment->program_ref);
  call.environment->program = reinterpret_cast<const double*>(array.data);
  call.environment->program_length = array.length;
  return nullptr;
}

// run(length): runs the instruction in the first `length` doubles of the program; what it returns, else 0.
napi_value Run(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  uint32_t length = 0;
  napi_get_value_uint32(env, call.args[0], &length);
  const Environment& environment = *call.environment;
  if (length == 0 || length > environment.program_length) {
    return Throw(env, "run: length: expected 1 to the program's length, got " + std::to_string(length) + ".");
  }
  const auto& instructions = Instructions();
  const double opcode = environment.program[0];
  if (!(opcode >= 0 && opcode < static_cast<double>(instructions.size()))) {
    return Throw(env, "run: opcode: expected an instruction of this engine, got another number.");
  }
  const Instruction& instruction = instructions[static_cast<size_t>(opcode)];
  std::string error;
  try {
    Args args(instruction.name, environment.program + 1, length - 1, environment.buffers);
    instruction.function(args, Pool::Instance());
    return Number(env, args.result());
  } catch (const std::exception& exception) {
    error = exception.what();
  } catch (...) {
    error = std::string(instruction.name) + ": unknown error in C++.";
  }
  return Throw(env, error);
}

// createReplay(program, patches: Float64Array): the number of a sequence of instructions; see replay.h.
napi_value CreateReplay(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  TypedArray program, patches;
  if (!ReadTypedArray(env, call.args[0], &program) || !program.is_float64 ||
      !ReadTypedArray(env, call.args[1], &patches) || !patches.is_float64) {
    return Throw(env, "createReplay: program, patches: expected Float64Arrays, got something else.");
  }
  try {
    call.environment->replays[call.environment->next_replay] = std::make_unique<Replay>(
        reinterpret_cast<const double*>(program.data), program.length, reinterpret_cast<const double*>(patches.data),
        patches.length);
  } catch (const std::exception& exception) {
    return Throw(env, exception.what());
  }
  return Number(env, static_cast<double>(call.environment->next_replay++));
}

// replay(number, counter)
napi_value RunReplay(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  const auto found = call.environment->replays.find(ReadInteger(env, call.args[0]));
  if (found == call.environment->replays.end()) {
    return Throw(env, "replay: number: expected one of createReplay's, got another. Do not use it after freeReplay.");
  }
  double counter = 0;
  napi_get_value_double(env, call.args[1], &counter);
  std::string error;
  try {
    found->second->Run(counter, call.environment->buffers, Pool::Instance());
    return nullptr;
  } catch (const std::exception& exception) {
    error = exception.what();
  } catch (...) {
    error = "replay: unknown error in C++.";
  }
  return Throw(env, error);
}

// freeReplay(number)
napi_value FreeReplay(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  call.environment->replays.erase(ReadInteger(env, call.args[0]));
  return nullptr;
}

}  // namespace llm

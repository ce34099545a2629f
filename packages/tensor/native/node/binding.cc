// The export table: what JavaScript sees. Only this folder knows Node-API. On Windows
// node_api_windows.cc finds it: what is new here of its functions is new there, else the link fails.
//
// A tensor's memory is an integer handle; a kernel call is `run(length)` on an array of doubles that both sides
// share (args.h, instruction.h). No C++ exception leaves this file.
#include <node_api.h>

#include <memory>
#include <string>

#include "node/call.h"
#include "node/functions.h"
#include "node/stay_loaded.h"

namespace llm {
namespace {

void DeleteEnvironment(napi_env, void* data, void*) { delete static_cast<Environment*>(data); }

constexpr struct {
  const char* name;
  napi_callback function;
} kExports[] = {
    {"setProgram", SetProgram},
    {"run", Run},
    {"createReplay", CreateReplay},
    {"replay", RunReplay},
    {"freeReplay", FreeReplay},
    {"allocate", Allocate},
    {"free", Free},
    {"mapFile", MapFile},
    {"mapView", MapView},
    {"unmapFile", UnmapFile},
    {"write", Write},
    {"read", Read},
    {"statistics", Statistics},
    {"resetPeak", ResetPeak},
    {"trim", Trim},
    {"setThreads", SetThreads},
    {"setInstructionSet", SetInstructionSet},
    {"instructionNames", InstructionNames},
};

napi_value Init(napi_env env, napi_value exports) {
  StayLoaded();
  auto environment = std::make_unique<Environment>();
  for (const auto& entry : kExports) {
    napi_value function;
    if (napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.function, environment.get(), &function) !=
            napi_ok ||
        napi_set_named_property(env, exports, entry.name, function) != napi_ok) {
      return Throw(env, std::string("llm_tensor: could not export ") + entry.name + ".");
    }
  }
  napi_set_instance_data(env, environment.release(), DeleteEnvironment, nullptr);
  return exports;
}

}  // namespace
}  // namespace llm

NAPI_MODULE_INIT() { return llm::Init(env, exports); }

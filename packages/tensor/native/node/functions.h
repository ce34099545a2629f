// The functions that JavaScript calls; binding.cc gives them their names.
#pragma once

#include <node_api.h>

namespace llm {

// program_functions.cc: kernel calls, one by one and as recorded sequences.
napi_value SetProgram(napi_env env, napi_callback_info info);
napi_value Run(napi_env env, napi_callback_info info);
napi_value CreateReplay(napi_env env, napi_callback_info info);
napi_value RunReplay(napi_env env, napi_callback_info info);
napi_value FreeReplay(napi_env env, napi_callback_info info);

// buffer_functions.cc: memory.
napi_value Allocate(napi_env env, napi_callback_info info);
napi_value Free(napi_env env, napi_callback_info info);
napi_value MapFile(napi_env env, napi_callback_info info);
napi_value MapView(napi_env env, napi_callback_info info);
napi_value UnmapFile(napi_env env, napi_callback_info info);
napi_value Write(napi_env env, napi_callback_info info);
napi_value Read(napi_env env, napi_callback_info info);
napi_value Statistics(napi_env env, napi_callback_info info);
napi_value ResetPeak(napi_env env, napi_callback_info info);
napi_value Trim(napi_env env, napi_callback_info info);

// engine_functions.cc: threads, instruction sets, the names of the kernels.
napi_value SetThreads(napi_env env, napi_callback_info info);
napi_value SetInstructionSet(napi_env env, napi_callback_info info);
napi_value InstructionNames(napi_env env, napi_callback_info info);

}  // namespace llm

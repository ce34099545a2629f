// What a function called from JavaScript has in its hands: its arguments, and what belongs to its Node environment.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "memory/buffer_table.h"
#include "memory/file_mapping.h"
#include "node/replay.h"

namespace llm {

// One per Node environment (the main thread, each worker).
struct Environment {
  BufferTable buffers;
  const double* program = nullptr;  // memory of the shared Float64Array, kept alive by program_ref
  size_t program_length = 0;
  napi_ref program_ref = nullptr;
  std::unordered_map<int64_t, std::shared_ptr<FileMapping>> files;  // by the number that mapFile gave
  int64_t next_file = 1;
  std::unordered_map<int64_t, std::unique_ptr<Replay>> replays;  // by the number that createReplay gave
  int64_t next_replay = 1;
};

struct Call {
  napi_value args[4] = {};
  Environment* environment = nullptr;
};

Call ReadCall(napi_env env, napi_callback_info info);

struct TypedArray {
  char* data = nullptr;
  size_t bytes = 0;
  size_t length = 0;
  bool is_float64 = false;
};

// False where `value` is no typed array.
bool ReadTypedArray(napi_env env, napi_value value, TypedArray* array);

// -1 where `value` is no number.
int64_t ReadInteger(napi_env env, napi_value value);

napi_value Number(napi_env env, double value);

// Returns nullptr, for the caller to return.
napi_value Throw(napi_env env, const std::string& message);

}  // namespace llm

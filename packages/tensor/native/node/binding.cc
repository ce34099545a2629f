// The export table: what JavaScript sees. The only file that knows Node-API (on Windows node_api_windows.cc finds it).
// A function that is new here is new there, else the link fails.
//
// A tensor's memory is an integer handle; a kernel call is `run(length)` on an array of doubles that both sides
// share (args.h, instruction.h). No C++ exception leaves this file.
#include <node_api.h>

#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <unordered_map>

#include "dispatch/cpu_features.h"
#include "memory/buffer_pool.h"
#include "memory/buffer_table.h"
#include "memory/file_mapping.h"
#include "node/instruction.h"
#include "node/replay.h"
#include "node/stay_loaded.h"
#include "threading/pool.h"

namespace llm {
namespace {

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

napi_value Throw(napi_env env, const std::string& message) {
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

napi_value Number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

struct Call {
  napi_value args[4] = {};
  Environment* environment = nullptr;
};

Call ReadCall(napi_env env, napi_callback_info info) {
  Call call;
  size_t count = 4;
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, call.args, nullptr, &data);
  call.environment = static_cast<Environment*>(data);
  return call;
}

struct TypedArray {
  char* data = nullptr;
  size_t bytes = 0;
  size_t length = 0;
  bool is_float64 = false;
};

bool ReadTypedArray(napi_env env, napi_value value, TypedArray* array) {
  napi_typedarray_type type;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &array->length, &data, nullptr, nullptr) != napi_ok) return false;
  size_t element = 1;
  if (type == napi_int16_array || type == napi_uint16_array) element = 2;
  if (type == napi_int32_array || type == napi_uint32_array || type == napi_float32_array) element = 4;
  if (type == napi_float64_array || type == napi_bigint64_array || type == napi_biguint64_array) element = 8;
  array->data = static_cast<char*>(data);
  array->bytes = array->length * element;
  array->is_float64 = type == napi_float64_array;
  return true;
}

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

int64_t ReadNumber(napi_env env, napi_value value) {
  int64_t number = -1;
  napi_get_value_int64(env, value, &number);
  return number;
}

// replay(number, counter)
napi_value RunReplay(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  const auto found = call.environment->replays.find(ReadNumber(env, call.args[0]));
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
  call.environment->replays.erase(ReadNumber(env, call.args[0]));
  return nullptr;
}

// allocate(bytes): a new buffer's handle; its contents are undefined.
napi_value Allocate(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  double bytes = -1;
  napi_get_value_double(env, call.args[0], &bytes);
  if (!(bytes >= 0 && bytes <= 9007199254740992.0)) {
    return Throw(env, "allocate: bytes: expected a size, got a number that is none.");
  }
  int64_t handle = -1;
  try {
    handle = call.environment->buffers.Allocate(static_cast<size_t>(bytes));
  } catch (const std::exception&) {
    handle = -1;
  }
  if (handle < 0) {
    return Throw(env, "allocate: bytes: expected a size that fits in memory, got " +
                          std::to_string(static_cast<uint64_t>(bytes)) + " while " +
                          std::to_string(call.environment->buffers.live_bytes()) +
                          " bytes are in use. Use a smaller batch or a shorter context, or dispose tensors.");
  }
  return Number(env, static_cast<double>(handle));
}

int64_t ReadHandle(napi_env env, napi_value value) {
  int64_t handle = -1;
  napi_get_value_int64(env, value, &handle);
  return handle;
}

napi_value ThrowDeadHandle(napi_env env, const char* function) {
  return Throw(env, std::string(function) + ": handle: expected a live buffer, got another number. " +
                        "Do not use a tensor after it was disposed.");
}

// free(handle)
napi_value Free(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  if (!call.environment->buffers.Free(ReadHandle(env, call.args[0]))) return ThrowDeadHandle(env, "free");
  return nullptr;
}

// mapFile(path): [the file's number, its size]
napi_value MapFile(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  size_t length = 0;
  std::string error;
  try {
    if (napi_get_value_string_utf8(env, call.args[0], nullptr, 0, &length) != napi_ok) {
      return Throw(env, "mapFile: path: expected a string, got something else.");
    }
    std::string path(length, '\0');
    napi_get_value_string_utf8(env, call.args[0], path.data(), length + 1, &length);
    auto mapping = FileMapping::Open(path, &error);
    if (mapping == nullptr) return Throw(env, "mapFile: " + path + ": expected a file to map, got " + error + ".");
    const double size = static_cast<double>(mapping->size());
    const int64_t file = call.environment->next_file++;
    call.environment->files.emplace(file, std::move(mapping));
    napi_value result;
    napi_create_array_with_length(env, 2, &result);
    napi_set_element(env, result, 0, Number(env, static_cast<double>(file)));
    napi_set_element(env, result, 1, Number(env, size));
    return result;
  } catch (const std::exception& exception) {
    error = exception.what();
  }
  return Throw(env, "mapFile: " + error);
}

// mapView(file, offset, bytes, isReadOnly): the handle of a buffer that is this part of the file; free it like any other.
napi_value MapView(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  const auto file = call.environment->files.find(ReadHandle(env, call.args[0]));
  if (file == call.environment->files.end()) return Throw(env, "mapView: file: expected a mapped file, got another number.");
  double offset = -1, bytes = -1;
  napi_get_value_double(env, call.args[1], &offset);
  napi_get_value_double(env, call.args[2], &bytes);
  bool is_read_only = false;
  napi_get_value_bool(env, call.args[3], &is_read_only);
  const double size = static_cast<double>(file->second->size());
  if (!(offset >= 0 && bytes >= 0 && offset + bytes <= size)) {
    return Throw(env, "mapView: offset: expected a part of the file's " + std::to_string(file->second->size()) +
                          " bytes, got another. It is truncated or damaged.");
  }
  int64_t handle = -1;
  try {
    handle = call.environment->buffers.AllocateView(file->second, static_cast<size_t>(offset), static_cast<size_t>(bytes),
                                                            is_read_only);
  } catch (const std::exception&) {
    handle = -1;
  }
  if (handle < 0) return Throw(env, "mapView: expected fewer buffers, got too many. Dispose tensors.");
  return Number(env, static_cast<double>(handle));
}

// unmapFile(file): no more views of it; those there are keep it mapped until they are freed.
napi_value UnmapFile(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  call.environment->files.erase(ReadHandle(env, call.args[0]));
  return nullptr;
}

// Copies between a buffer and a typed array of the same number of bytes.
napi_value Copy(napi_env env, napi_callback_info info, const char* function, bool is_write) {
  const Call call = ReadCall(env, info);
  const Buffer* buffer = call.environment->buffers.Find(ReadHandle(env, call.args[0]));
  if (buffer == nullptr) return ThrowDeadHandle(env, function);
  TypedArray array;
  if (!ReadTypedArray(env, call.args[1], &array) || array.bytes != buffer->bytes) {
    return Throw(env, std::string(function) + ": array: expected a typed array of " +
                          std::to_string(buffer->bytes) + " bytes, got " + std::to_string(array.bytes) +
                          ". Check the shape against the values.");
  }
  if (array.bytes == 0) return nullptr;
  if (is_write) {
    std::memcpy(buffer->data, array.data, array.bytes);
  } else {
    std::memcpy(array.data, buffer->data, array.bytes);
  }
  return nullptr;
}

// write(handle, array) and read(handle, array)
napi_value Write(napi_env env, napi_callback_info info) { return Copy(env, info, "write", true); }
napi_value Read(napi_env env, napi_callback_info info) { return Copy(env, info, "read", false); }

// statistics(): [live bytes, peak bytes, pooled bytes, live buffers, mapped bytes]
napi_value Statistics(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  const BufferTable& buffers = call.environment->buffers;
  const double values[] = {static_cast<double>(buffers.live_bytes()), static_cast<double>(buffers.peak_bytes()),
                           static_cast<double>(BufferPool::Instance().PooledBytes()),
                           static_cast<double>(buffers.live_buffers()), static_cast<double>(buffers.mapped_bytes())};
  napi_value result;
  napi_create_array_with_length(env, 5, &result);
  for (uint32_t i = 0; i < 5; ++i) napi_set_element(env, result, i, Number(env, values[i]));
  return result;
}

napi_value ResetPeak(napi_env env, napi_callback_info info) {
  ReadCall(env, info).environment->buffers.ResetPeak();
  return nullptr;
}

// trim(): gives the memory kept for reuse back to the system.
napi_value Trim(napi_env, napi_callback_info) {
  BufferPool::Instance().Trim();
  return nullptr;
}

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
    return Throw(env, std::string("setInstructionSet: name: expected scalar, avx2 or avx512, got ") + name + ".");
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

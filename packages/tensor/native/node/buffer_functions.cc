// Memory: buffers by handle, files mapped as buffers, copies from and to typed arrays. No C++ exception leaves this file.
#include <cstring>
#include <exception>
#include <string>
#include <utility>

#include "memory/buffer_pool.h"
#include "node/call.h"
#include "node/functions.h"

namespace llm {

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

static napi_value ThrowDeadHandle(napi_env env, const char* function) {
  return Throw(env, std::string(function) + ": handle: expected a live buffer, got another number. " +
                        "Do not use a tensor after it was disposed.");
}

// free(handle)
napi_value Free(napi_env env, napi_callback_info info) {
  const Call call = ReadCall(env, info);
  if (!call.environment->buffers.Free(ReadInteger(env, call.args[0]))) return ThrowDeadHandle(env, "free");
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
  const auto file = call.environment->files.find(ReadInteger(env, call.args[0]));
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
  call.environment->files.erase(ReadInteger(env, call.args[0]));
  return nullptr;
}

// Copies between a buffer and a typed array of the same number of bytes.
static napi_value Copy(napi_env env, napi_callback_info info, const char* function, bool is_write) {
  const Call call = ReadCall(env, info);
  const Buffer* buffer = call.environment->buffers.Find(ReadInteger(env, call.args[0]));
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

}  // namespace llm

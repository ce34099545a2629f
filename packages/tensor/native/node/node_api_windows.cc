// Node-API on Windows: forwards each call to the program that loaded us.
//
// A DLL names the program that it imports from, which need not be called node.exe: Electron's is not, nor is a renamed
// one. Looking the functions up as they are first called needs no import library, and the same file serves every host
// and every compiler.
#if defined(_WIN32)

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <node_api.h>

namespace {

// The program itself, else Node as a library beside it. Nothing is a host without Node-API, so absence ends the
// process here as a missing import would.
FARPROC Find(const char* name) {
  FARPROC function = GetProcAddress(GetModuleHandleW(nullptr), name);
  if (function == nullptr) {
    const HMODULE node = GetModuleHandleW(L"libnode.dll");
    if (node != nullptr) function = GetProcAddress(node, name);
  }
  if (function == nullptr) FatalAppExitA(0, "llm_tensor: the program has no Node-API.");
  return function;
}

}  // namespace

#define LLM_FORWARD(name, parameters, arguments)                                                         \
  extern "C" napi_status NAPI_CDECL name parameters {                                                    \
    static const auto function = reinterpret_cast<decltype(&name)>(reinterpret_cast<void*>(Find(#name))); \
    return function arguments;                                                                           \
  }                                                                                                      \
  static_assert(true, "needs a semicolon")

LLM_FORWARD(napi_create_array_with_length, (napi_env env, size_t length, napi_value* result), (env, length, result));
LLM_FORWARD(napi_create_double, (napi_env env, double value, napi_value* result), (env, value, result));
LLM_FORWARD(napi_create_function,
            (napi_env env, const char* name, size_t length, napi_callback callback, void* data, napi_value* result),
            (env, name, length, callback, data, result));
LLM_FORWARD(napi_create_reference, (napi_env env, napi_value value, uint32_t count, napi_ref* result),
            (env, value, count, result));
LLM_FORWARD(napi_create_string_utf8, (napi_env env, const char* text, size_t length, napi_value* result),
            (env, text, length, result));
LLM_FORWARD(napi_delete_reference, (node_api_basic_env env, napi_ref reference), (env, reference));
LLM_FORWARD(napi_get_cb_info,
            (napi_env env, napi_callback_info info, size_t* count, napi_value* args, napi_value* self, void** data),
            (env, info, count, args, self, data));
LLM_FORWARD(napi_get_typedarray_info,
            (napi_env env, napi_value array, napi_typedarray_type* type, size_t* length, void** data,
             napi_value* buffer, size_t* offset),
            (env, array, type, length, data, buffer, offset));
LLM_FORWARD(napi_get_value_bool, (napi_env env, napi_value value, bool* result), (env, value, result));
LLM_FORWARD(napi_get_value_double, (napi_env env, napi_value value, double* result), (env, value, result));
LLM_FORWARD(napi_get_value_int32, (napi_env env, napi_value value, int32_t* result), (env, value, result));
LLM_FORWARD(napi_get_value_int64, (napi_env env, napi_value value, int64_t* result), (env, value, result));
LLM_FORWARD(napi_get_value_string_utf8,
            (napi_env env, napi_value value, char* text, size_t size, size_t* length),
            (env, value, text, size, length));
LLM_FORWARD(napi_get_value_uint32, (napi_env env, napi_value value, uint32_t* result), (env, value, result));
LLM_FORWARD(napi_set_element, (napi_env env, napi_value object, uint32_t index, napi_value value),
            (env, object, index, value));
LLM_FORWARD(napi_set_instance_data,
            (node_api_basic_env env, void* data, napi_finalize finalize, void* hint), (env, data, finalize, hint));
LLM_FORWARD(napi_set_named_property, (napi_env env, napi_value object, const char* name, napi_value value),
            (env, object, name, value));
LLM_FORWARD(napi_throw_error, (napi_env env, const char* code, const char* message), (env, code, message));

#endif

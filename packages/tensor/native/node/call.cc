#include "node/call.h"

namespace llm {

Call ReadCall(napi_env env, napi_callback_info info) {
  Call call;
  size_t count = 4;
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, call.args, nullptr, &data);
  call.environment = static_cast<Environment*>(data);
  return call;
}

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

int64_t ReadInteger(napi_env env, napi_value value) {
  int64_t number = -1;
  napi_get_value_int64(env, value, &number);
  return number;
}

napi_value Number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

napi_value Throw(napi_env env, const std::string& message) {
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

}  // namespace llm

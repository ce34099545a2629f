// Reads the arguments of one instruction and checks each before a kernel touches memory.
//
// An instruction is an array of doubles: [opcode, argument, argument, ...]. The kernel's wrapper reads them in
// order. A wrong one throws ArgumentError, which the binding turns into a JavaScript exception that reads
// `Relu: x: expected ..., got .... Fix.` Nothing in here includes node_api.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "memory/buffer_table.h"
#include "threading/pool.h"

namespace llm {

class ArgumentError : public std::exception {
 public:
  explicit ArgumentError(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

// Dimensions of a tensor. At most kMaxRank, and at most 2^46 elements.
struct Shape {
  static constexpr int kMaxRank = 8;
  int rank = 0;
  size_t dims[kMaxRank] = {};
  size_t size() const;  // product of the dimensions; 1 for a scalar
};

class Args {
 public:
  Args(const char* instruction, const double* values, size_t count, const BufferTable& buffers)
      : instruction_(instruction), values_(values), count_(count), buffers_(buffers) {}
  ~Args();
  Args(const Args&) = delete;
  Args& operator=(const Args&) = delete;

  int64_t Int(const char* name);                              // any integer
  int64_t Int(const char* name, int64_t min, int64_t max);    // an integer from min to max
  size_t Size(const char* name);                              // an integer from 0 to 2^46
  double Double(const char* name);                            // any number, NaN and infinities included
  float Float(const char* name) { return static_cast<float>(Double(name)); }
  bool Bool(const char* name) { return Int(name, 0, 1) != 0; }
  Shape ReadShape(const char* name);                          // [rank, dim, dim, ...]

  // A live buffer that holds at least `count` elements of T.
  template <typename T>
  const T* Input(const char* name, size_t count) {
    return static_cast<const T*>(ReadBuffer(name, count, sizeof(T)));
  }
  // The same, to be written. It must not be one of the inputs unless the kernel allows it.
  template <typename T>
  T* Output(const char* name, size_t count) {
    return static_cast<T*>(ReadBuffer(name, count, sizeof(T)));
  }
  // The same, or nullptr when the argument is -1.
  template <typename T>
  const T* OptionalInput(const char* name, size_t count) {
    return static_cast<const T*>(ReadOptionalBuffer(name, count, sizeof(T)));
  }
  template <typename T>
  T* OptionalOutput(const char* name, size_t count) {
    return static_cast<T*>(ReadOptionalBuffer(name, count, sizeof(T)));
  }
  // Working memory until the instruction ends; contents undefined.
  template <typename T>
  T* Scratch(size_t count) {
    return static_cast<T*>(AllocateScratch(count, sizeof(T)));
  }

  size_t remaining() const { return count_ - next_; }
  // Throws when arguments are left over: the wrapper and its caller disagree.
  void End() const;
  // `instruction: name: expected <expected>, got <got>. <fix>`
  [[noreturn]] void Fail(const char* name, const std::string& expected, const std::string& got,
                         const std::string& fix = "This is a bug of the caller.") const;
  // Throws unless `holds`.
  void Check(bool holds, const char* name, const char* expected) const;

  // What the JavaScript caller of `run` gets; 0 when never called.
  void Return(double value) { result_ = value; }
  double result() const { return result_; }

 private:
  double Next(const char* name);
  void* ReadBuffer(const char* name, size_t count, size_t element_bytes);
  void* ReadOptionalBuffer(const char* name, size_t count, size_t element_bytes);
  void* AllocateScratch(size_t count, size_t element_bytes);

  const char* instruction_;
  const double* values_;
  size_t count_;
  size_t next_ = 0;
  const BufferTable& buffers_;
  double result_ = 0;
  std::vector<Buffer> scratch_;
};

}  // namespace llm

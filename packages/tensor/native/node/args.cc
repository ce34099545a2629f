#include "node/args.h"

#include <cmath>
#include <cstdio>

#include "memory/buffer_pool.h"

namespace llm {
namespace {

constexpr int64_t kMaxSize = int64_t{1} << 46;
constexpr double kMaxExactInteger = 9007199254740992.0;  // 2^53

std::string Text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::string Text(size_t value) { return std::to_string(value); }

}  // namespace

size_t Shape::size() const {
  size_t product = 1;
  for (int i = 0; i < rank; ++i) product *= dims[i];
  return product;
}

Args::~Args() {
  for (const Buffer& block : scratch_) BufferPool::Instance().Free(block.data, block.bytes);
}

double Args::Next(const char* name) {
  if (next_ >= count_) Fail(name, "an argument", "none: only " + Text(count_) + " were passed");
  return values_[next_++];
}

int64_t Args::Int(const char* name) {
  const double value = Next(name);
  if (!(std::fabs(value) <= kMaxExactInteger) || value != std::floor(value)) {
    Fail(name, "an integer", Text(value));
  }
  return static_cast<int64_t>(value);
}

int64_t Args::Int(const char* name, int64_t min, int64_t max) {
  const int64_t value = Int(name);
  if (value < min || value > max) {
    Fail(name, "an integer from " + std::to_string(min) + " to " + std::to_string(max), std::to_string(value));
  }
  return value;
}

size_t Args::Size(const char* name) { return static_cast<size_t>(Int(name, 0, kMaxSize)); }

double Args::Double(const char* name) { return Next(name); }

Shape Args::ReadShape(const char* name) {
  Shape shape;
  shape.rank = static_cast<int>(Int(name, 0, Shape::kMaxRank));
  // The product of the non-zero dimensions is bounded, so that no partial product overflows.
  size_t bound = 1;
  for (int i = 0; i < shape.rank; ++i) {
    shape.dims[i] = Size(name);
    if (shape.dims[i] == 0) continue;
    if (shape.dims[i] > static_cast<size_t>(kMaxSize) / bound) Fail(name, "at most 2^46 elements", "more");
    bound *= shape.dims[i];
  }
  return shape;
}

void* Args::ReadBuffer(const char* name, size_t count, size_t element_bytes) {
  const double handle = Next(name);
  const bool is_integer = handle >= 0 && handle <= kMaxExactInteger && handle == std::floor(handle);
  const Buffer* buffer = is_integer ? buffers_.Find(static_cast<int64_t>(handle)) : nullptr;
  if (buffer == nullptr) {
    Fail(name, "a live buffer", "handle " + Text(handle), "Do not use a tensor after it was disposed.");
  }
  // Divides rather than multiplies: count * element_bytes could overflow.
  if (buffer->bytes / element_bytes < count) {
    Fail(name, Text(count) + " elements of " + Text(element_bytes) + " bytes",
         "a buffer of " + Text(buffer->bytes) + " bytes");
  }
  return buffer->data;
}

void* Args::ReadOptionalBuffer(const char* name, size_t count, size_t element_bytes) {
  if (next_ < count_ && values_[next_] == -1) {
    ++next_;
    return nullptr;
  }
  return ReadBuffer(name, count, element_bytes);
}

void* Args::AllocateScratch(size_t count, size_t element_bytes) {
  if (count > static_cast<size_t>(kMaxSize) / element_bytes) Fail("scratch", "at most 2^46 bytes", "more");
  const size_t bytes = count * element_bytes;
  scratch_.reserve(scratch_.size() + 1);
  void* data = BufferPool::Instance().Allocate(bytes);
  if (data == nullptr) {
    Fail("scratch", Text(bytes) + " bytes of free memory", "none", "Use a smaller batch or a shorter context.");
  }
  scratch_.push_back({data, bytes});
  return data;
}

void Args::End() const {
  if (next_ != count_) Fail("arguments", Text(next_), Text(count_));
}

void Args::Check(bool holds, const char* name, const char* expected) const {
  if (!holds) Fail(name, expected, "something else");
}

void Args::Fail(const char* name, const std::string& expected, const std::string& got,
                const std::string& fix) const {
  throw ArgumentError(std::string(instruction_) + ": " + name + ": expected " + expected + ", got " + got + ". " +
                      fix);
}

}  // namespace llm

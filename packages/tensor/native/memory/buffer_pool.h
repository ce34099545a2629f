// Memory for tensors: 64-byte aligned, rounded up to a size class, kept for reuse when freed.
//
// Asking the system for fresh pages costs more than many kernels, so blocks return to a list per class.
// Eight classes per power of two waste at most an eighth of the address range. Shared by the process; every method takes
// its lock.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "memory/system_memory.h"

namespace llm {

class BufferPool {
 public:
  static BufferPool& Instance();

  // At least `bytes` bytes with undefined contents, or nullptr when the system has no more.
  void* Allocate(size_t bytes);
  // `bytes` is what was asked for in Allocate.
  void Free(void* block, size_t bytes);
  // Bytes kept for reuse.
  size_t PooledBytes();
  // Gives what is kept for reuse back to the system.
  void Trim();

  static constexpr size_t kAlignment = 64;  // a cache line, and an AVX-512 register

 private:
  BufferPool() = default;
  void TrimTo(size_t bytes);

  std::mutex mutex_;
  SystemMemory system_;
  std::vector<std::vector<void*>> free_;  // by class
  size_t pooled_bytes_ = 0;
  size_t used_bytes_ = 0;
};

// The class that holds `bytes`, and how large its blocks are.
size_t SizeClass(size_t bytes);
size_t SizeOfClass(size_t size_class);

}  // namespace llm

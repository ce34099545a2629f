// Blocks of memory from the system, for buffer_pool.h, which keeps and reuses them.
//
// A product that streams through a model's weights misses the address-translation cache once for each page, so on Linux
// large blocks lie on huge pages: those of 2 MiB and more on their own, smaller ones from 64 KiB side by side in slabs.
// Reading 200 matrices of 1.7 MiB one after the other was 1.5 times as fast so (EPYC 9005).
#pragma once

#include <cstddef>
#include <map>
#include <vector>

namespace llm {

constexpr size_t kHugePage = size_t{2} << 20;

class SystemMemory {
 public:
  // `size` bytes with undefined contents, at least 64-byte aligned, or nullptr when the system has no more.
  void* Allocate(size_t size);
  // `size` is what was asked for. The system has the memory again; a part of a slab keeps its place among the
  // addresses, for the next block of its size.
  void Release(void* block, size_t size);

#if defined(__linux__)
 private:
  void* CutFromSlab(size_t size);

  char* slab_ = nullptr;
  size_t slab_left_ = 0;
  std::map<size_t, std::vector<void*>> released_;  // parts of slabs, by size
#endif
};

}  // namespace llm

#include "memory/system_memory.h"

#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "memory/aligned_memory.h"

namespace llm {
namespace {

constexpr size_t kAlignment = 64;

#if defined(__linux__)
constexpr size_t kSlab = size_t{32} << 20;  // of addresses: memory comes a huge page at a time, when it is touched
constexpr size_t kSmallestInSlab = size_t{64} << 10;
constexpr size_t kPage = 4096;

// `bytes` on a huge-page boundary.
void* MapHuge(size_t bytes) {
  const size_t padded = bytes + kHugePage;
  void* base = mmap(nullptr, padded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return nullptr;
  const uintptr_t start = reinterpret_cast<uintptr_t>(base);
  const uintptr_t aligned = (start + kHugePage - 1) / kHugePage * kHugePage;
  if (aligned > start) munmap(base, aligned - start);
  const uintptr_t end = start + padded;
  if (end > aligned + bytes) munmap(reinterpret_cast<void*>(aligned + bytes), end - aligned - bytes);
  void* block = reinterpret_cast<void*>(aligned);
  madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

bool IsInSlab(size_t size) { return size >= kSmallestInSlab && size < kHugePage; }
#endif

}  // namespace

void* SystemMemory::Allocate(size_t size) {
#if defined(__linux__)
  if (size >= kHugePage) return MapHuge(size);
  if (IsInSlab(size)) return CutFromSlab(size);
#endif
  return AllocateAligned(kAlignment, size);
}

void SystemMemory::Release(void* block, size_t size) {
#if defined(__linux__)
  if (size >= kHugePage) {
    munmap(block, size);
    return;
  }
  if (IsInSlab(size)) {
    // Pages that neighbours share stay.
    const uintptr_t first = (reinterpret_cast<uintptr_t>(block) + kPage - 1) / kPage * kPage;
    const uintptr_t end = (reinterpret_cast<uintptr_t>(block) + size) / kPage * kPage;
    madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
    released_[size].push_back(block);
    return;
  }
#else
  (void)size;
#endif
  FreeAligned(block);
}

#if defined(__linux__)
void* SystemMemory::CutFromSlab(size_t size) {
  std::vector<void*>& released = released_[size];
  if (!released.empty()) {
    void* block = released.back();
    released.pop_back();
    return block;
  }
  if (slab_left_ < size) {
    void* slab = MapHuge(kSlab);
    if (slab == nullptr) return nullptr;
    slab_ = static_cast<char*>(slab);
    slab_left_ = kSlab;
  }
  void* block = slab_;
  slab_ += size;
  slab_left_ -= size;
  return block;
}
#endif

}  // namespace llm

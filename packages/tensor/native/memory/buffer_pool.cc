#include "memory/buffer_pool.h"

#include <cstdint>
#include <cstring>
#include <new>

#include "memory/aligned_memory.h"

namespace llm {
namespace {

constexpr size_t kMinBytes = 64;                   // class 0
constexpr size_t kSteps = 8;                       // classes for each power of two
constexpr size_t kMaxBytes = size_t{1} << 46;      // beyond any machine; keeps the arithmetic from overflowing
constexpr size_t kSpareBytes = size_t{256} << 20;  // always allowed to be kept

int Log2Floor(size_t n) { return 63 - __builtin_clzll(static_cast<unsigned long long>(n)); }

}  // namespace

// Class c holds kMinBytes * 2^(c/8) * (1 + (c%8)/8), up to whole granules.
size_t SizeOfClass(size_t size_class) {
  const size_t base = kMinBytes << (size_class / kSteps);
  const size_t size = base + base / kSteps * (size_class % kSteps);
  const size_t granule = size >= kHugePage ? 4096 : kMinBytes;
  return (size + granule - 1) / granule * granule;
}

size_t SizeClass(size_t bytes) {
  if (bytes <= kMinBytes) return 0;
  const int octave = Log2Floor(bytes) - Log2Floor(kMinBytes);
  size_t size_class = static_cast<size_t>(octave) * kSteps;
  while (SizeOfClass(size_class) < bytes) ++size_class;
  return size_class;
}

BufferPool& BufferPool::Instance() {
  static BufferPool* pool = new BufferPool();
  return *pool;
}

#if defined(__SANITIZE_ADDRESS__)
// No pooling, so that the sanitizer sees the end of every tensor; filled, so that what a kernel leaves unwritten shows.
void* BufferPool::Allocate(size_t bytes) {
  void* block = bytes > kMaxBytes ? nullptr : AllocateAligned(kAlignment, bytes);
  if (block == nullptr) return nullptr;
  std::memset(block, 0xff, bytes);  // NaN
  return block;
}

void BufferPool::Free(void* block, size_t) { FreeAligned(block); }
#else
void* BufferPool::Allocate(size_t bytes) {
  if (bytes > kMaxBytes) return nullptr;
  const size_t size_class = SizeClass(bytes);
  const size_t size = SizeOfClass(size_class);
  std::lock_guard<std::mutex> lock(mutex_);
  if (size_class >= free_.size()) free_.resize(size_class + 1);
  std::vector<void*>& list = free_[size_class];
  void* block = nullptr;
  if (!list.empty()) {
    block = list.back();
    list.pop_back();
    pooled_bytes_ -= size;
  } else {
    // What is kept must not outgrow what is used: shapes that never come back would stay for ever.
    TrimTo(used_bytes_ + kSpareBytes);
    block = system_.Allocate(size);
    if (block == nullptr) {
      TrimTo(0);
      block = system_.Allocate(size);
    }
  }
  if (block != nullptr) used_bytes_ += size;
  return block;
}

void BufferPool::Free(void* block, size_t bytes) {
  const size_t size_class = SizeClass(bytes);
  const size_t size = SizeOfClass(size_class);
  std::lock_guard<std::mutex> lock(mutex_);
  free_[size_class].push_back(block);
  pooled_bytes_ += size;
  used_bytes_ -= size;
}
#endif

size_t BufferPool::PooledBytes() {
  std::lock_guard<std::mutex> lock(mutex_);
  return pooled_bytes_;
}

void BufferPool::Trim() {
  std::lock_guard<std::mutex> lock(mutex_);
  TrimTo(0);
}

void BufferPool::TrimTo(size_t bytes) {
  for (size_t c = free_.size(); c-- > 0 && pooled_bytes_ > bytes;) {
    const size_t size = SizeOfClass(c);
    while (!free_[c].empty() && pooled_bytes_ > bytes) {
      system_.Release(free_[c].back(), size);
      free_[c].pop_back();
      pooled_bytes_ -= size;
    }
  }
}

}  // namespace llm

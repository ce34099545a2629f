#include "memory/buffer_table.h"

#include "memory/buffer_pool.h"

namespace llm {

BufferTable::~BufferTable() {
  for (Slot& slot : slots_) {
    if (slot.buffer.data != nullptr) BufferPool::Instance().Free(slot.buffer.data, slot.buffer.bytes);
  }
}

int64_t BufferTable::Allocate(size_t bytes) {
  if (free_slots_.empty() && slots_.size() >= (size_t{1} << kSlotBits)) return -1;
  void* data = BufferPool::Instance().Allocate(bytes);
  if (data == nullptr) return -1;
  uint32_t index;
  if (free_slots_.empty()) {
    index = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
    free_slots_.reserve(slots_.capacity());  // so that Free cannot fail
  } else {
    index = free_slots_.back();
    free_slots_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.buffer = {data, bytes};
  live_bytes_ += bytes;
  if (live_bytes_ > peak_bytes_) peak_bytes_ = live_bytes_;
  return (static_cast<int64_t>(slot.generation) << kSlotBits) + index;
}

bool BufferTable::Free(int64_t handle) {
  if (Find(handle) == nullptr) return false;
  const uint32_t index = static_cast<uint32_t>(handle & ((int64_t{1} << kSlotBits) - 1));
  Slot& slot = slots_[index];
  BufferPool::Instance().Free(slot.buffer.data, slot.buffer.bytes);
  live_bytes_ -= slot.buffer.bytes;
  slot.buffer = {};
  slot.generation = (slot.generation + 1) & 0x3fffffff;
  free_slots_.push_back(index);
  return true;
}

const Buffer* BufferTable::Find(int64_t handle) const {
  if (handle < 0) return nullptr;
  const size_t index = static_cast<size_t>(handle & ((int64_t{1} << kSlotBits) - 1));
  if (index >= slots_.size()) return nullptr;
  const Slot& slot = slots_[index];
  if (slot.buffer.data == nullptr || slot.generation != static_cast<uint64_t>(handle >> kSlotBits)) return nullptr;
  return &slot.buffer;
}

}  // namespace llm

#include "memory/buffer_table.h"

#include <utility>

#include "memory/buffer_pool.h"

namespace llm {

namespace {

constexpr int64_t SlotMask(int bits) { return (int64_t{1} << bits) - 1; }
uint8_t empty_file;  // what a view of no bytes points to

}  // namespace

BufferTable::~BufferTable() {
  for (Slot& slot : slots_) {
    const bool is_pooled = slot.buffer.data != nullptr && slot.mapping == nullptr;
    if (is_pooled) BufferPool::Instance().Free(slot.buffer.data, slot.buffer.bytes);
  }
}

int64_t BufferTable::Place(Buffer buffer) {
  uint32_t index;
  if (free_slots_.empty()) {
    if (slots_.size() >= (size_t{1} << kSlotBits)) return -1;
    index = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
    free_slots_.reserve(slots_.capacity());  // so that Free cannot fail
  } else {
    index = free_slots_.back();
    free_slots_.pop_back();
  }
  slots_[index].buffer = buffer;
  return (static_cast<int64_t>(slots_[index].generation) << kSlotBits) + index;
}

int64_t BufferTable::Allocate(size_t bytes) {
  void* data = BufferPool::Instance().Allocate(bytes);
  if (data == nullptr) return -1;
  const int64_t handle = Place({data, bytes});
  if (handle < 0) {
    BufferPool::Instance().Free(data, bytes);
    return -1;
  }
  live_bytes_ += bytes;
  if (live_bytes_ > peak_bytes_) peak_bytes_ = live_bytes_;
  return handle;
}

int64_t BufferTable::AllocateView(std::shared_ptr<FileMapping> mapping, size_t offset, size_t bytes,
                                  bool is_read_only) {
  if (offset > mapping->size() || bytes > mapping->size() - offset) return -1;
  uint8_t* data = mapping->data() != nullptr ? mapping->data() + offset : &empty_file;
  const int64_t handle = Place({data, bytes});
  if (handle < 0) return -1;
  Slot& slot = slots_[static_cast<size_t>(handle & SlotMask(kSlotBits))];
  slot.mapping = std::move(mapping);
  slot.is_read_only = is_read_only;
  mapped_bytes_ += bytes;
  return handle;
}

bool BufferTable::Free(int64_t handle) {
  if (Find(handle) == nullptr) return false;
  const uint32_t index = static_cast<uint32_t>(handle & SlotMask(kSlotBits));
  Slot& slot = slots_[index];
  if (slot.mapping != nullptr) {
    mapped_bytes_ -= slot.buffer.bytes;
    const uint8_t* data = static_cast<uint8_t*>(slot.buffer.data);
    if (slot.is_read_only && slot.mapping->data() != nullptr) {
      slot.mapping->LetGo(static_cast<size_t>(data - slot.mapping->data()), slot.buffer.bytes);
    }
    slot.mapping.reset();
  } else {
    BufferPool::Instance().Free(slot.buffer.data, slot.buffer.bytes);
    live_bytes_ -= slot.buffer.bytes;
  }
  slot.buffer = {};
  slot.generation = (slot.generation + 1) & 0x3fffffff;
  free_slots_.push_back(index);
  return true;
}

const Buffer* BufferTable::Find(int64_t handle) const {
  if (handle < 0) return nullptr;
  const size_t index = static_cast<size_t>(handle & SlotMask(kSlotBits));
  if (index >= slots_.size()) return nullptr;
  const Slot& slot = slots_[index];
  if (slot.buffer.data == nullptr || slot.generation != static_cast<uint64_t>(handle >> kSlotBits)) return nullptr;
  return &slot.buffer;
}

}  // namespace llm

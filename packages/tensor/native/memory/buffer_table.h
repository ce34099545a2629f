// The buffers of one Node environment, by integer handle.
//
// A handle is slot + generation * 2^22. A freed slot gets a new generation, so a handle used after its buffer
// was freed is found out instead of reading another tensor's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace llm {

struct Buffer {
  void* data = nullptr;
  size_t bytes = 0;
};

class BufferTable {
 public:
  BufferTable() = default;
  ~BufferTable();
  BufferTable(const BufferTable&) = delete;
  BufferTable& operator=(const BufferTable&) = delete;

  // Returns -1 when the system has no memory left. Contents are undefined.
  int64_t Allocate(size_t bytes);
  // Returns false when the handle is not live.
  bool Free(int64_t handle);
  // nullptr when the handle is not live.
  const Buffer* Find(int64_t handle) const;

  // Bytes asked for and not freed, now and at most since ResetPeak.
  size_t live_bytes() const { return live_bytes_; }
  size_t peak_bytes() const { return peak_bytes_; }
  size_t live_buffers() const { return slots_.size() - free_slots_.size(); }
  void ResetPeak() { peak_bytes_ = live_bytes_; }

 private:
  struct Slot {
    Buffer buffer;
    uint32_t generation = 0;
  };
  static constexpr int kSlotBits = 22;

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  size_t live_bytes_ = 0;
  size_t peak_bytes_ = 0;
};

}  // namespace llm

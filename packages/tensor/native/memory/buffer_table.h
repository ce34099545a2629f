// The buffers of one Node environment, by integer handle.
//
// A handle is slot + generation * 2^22. A freed slot gets a new generation, so a handle used after its buffer
// was freed is found out instead of reading another tensor's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "memory/file_mapping.h"

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
  // A part of a mapped file as a buffer, which keeps the mapping alive. Returns -1 where the part leaves the file or no
  // slot is left. `is_read_only`: nobody writes to it, so when it is freed, its pages leave the process.
  int64_t AllocateView(std::shared_ptr<FileMapping> mapping, size_t offset, size_t bytes, bool is_read_only = false);
  // Returns false when the handle is not live.
  bool Free(int64_t handle);
  // nullptr when the handle is not live.
  const Buffer* Find(int64_t handle) const;

  // Bytes asked for and not freed, now and at most since ResetPeak. Views of files count apart.
  size_t live_bytes() const { return live_bytes_; }
  size_t peak_bytes() const { return peak_bytes_; }
  size_t mapped_bytes() const { return mapped_bytes_; }
  size_t live_buffers() const { return slots_.size() - free_slots_.size(); }
  void ResetPeak() { peak_bytes_ = live_bytes_; }

 private:
  struct Slot {
    Buffer buffer;
    uint32_t generation = 0;
    std::shared_ptr<FileMapping> mapping;  // set in a view
    bool is_read_only = false;
  };
  static constexpr int kSlotBits = 22;

  // A free slot with the buffer in it; -1 when none is left.
  int64_t Place(Buffer buffer);

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  size_t live_bytes_ = 0;
  size_t peak_bytes_ = 0;
  size_t mapped_bytes_ = 0;
};

}  // namespace llm

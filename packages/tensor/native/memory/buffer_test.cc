#include <cstdint>

#include "memory/buffer_pool.h"
#include "memory/buffer_table.h"
#include "test/test.h"

namespace llm {

LLM_TEST(SizeClassesHoldWhatTheyAreForAndWasteAtMostAnEighth) {
  for (size_t bytes = 1; bytes < (size_t{1} << 40); bytes = bytes * 9 / 8 + 1) {
    const size_t size = SizeOfClass(SizeClass(bytes));
    LLM_EXPECT(size >= bytes, std::to_string(bytes));
    LLM_EXPECT(size <= bytes + bytes / 8 + 128, std::to_string(bytes) + " takes " + std::to_string(size));
    LLM_EXPECT(size % BufferPool::kAlignment == 0, std::to_string(size));
  }
}

LLM_TEST(BuffersAreAlignedAndTheirHandlesDieWithThem) {
  BufferTable table;
  for (size_t bytes : {size_t{0}, size_t{1}, size_t{64}, size_t{100000}, size_t{5} << 20}) {
    const int64_t handle = table.Allocate(bytes);
    const Buffer* buffer = table.Find(handle);
    LLM_EXPECT(buffer != nullptr && buffer->bytes == bytes, "a new handle is not live");
    LLM_EXPECT(reinterpret_cast<uintptr_t>(buffer->data) % BufferPool::kAlignment == 0, "not aligned");
    LLM_EXPECT(table.Free(handle) && !table.Free(handle), "freed twice");
    const int64_t again = table.Allocate(bytes);  // takes the same slot
    LLM_EXPECT(again != handle && table.Find(handle) == nullptr, "an old handle finds a new buffer");
    table.Free(again);
  }
  for (int64_t handle : {int64_t{-1}, int64_t{1} << 40, INT64_MAX, INT64_MIN}) {
    LLM_EXPECT(table.Find(handle) == nullptr, std::to_string(handle));
  }
}

// Three sizes that share slabs, one on its own pages, one below both.
LLM_TEST(BlocksOfMemoryDoNotOverlapAlsoAfterTheyWereGivenBack) {
  SystemMemory memory;
  const std::vector<size_t> sizes = {4096, 64 << 10, (64 << 10) + 64, 1 << 20, 3 << 20};
  std::vector<uint8_t*> blocks;
  const auto fill = [&](size_t i) {
    for (size_t j = 0; j < sizes[i % sizes.size()]; ++j) blocks[i][j] = static_cast<uint8_t>(i + 1);
  };
  for (size_t i = 0; i < 50; ++i) {  // more than one slab
    blocks.push_back(static_cast<uint8_t*>(memory.Allocate(sizes[i % sizes.size()])));
    fill(i);
  }
  for (size_t i = 0; i < blocks.size(); i += 3) memory.Release(blocks[i], sizes[i % sizes.size()]);
  for (size_t i = 0; i < blocks.size(); i += 3) {
    blocks[i] = static_cast<uint8_t*>(memory.Allocate(sizes[i % sizes.size()]));
    fill(i);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    const size_t size = sizes[i % sizes.size()];
    LLM_EXPECT(reinterpret_cast<uintptr_t>(blocks[i]) % BufferPool::kAlignment == 0, "not aligned");
    for (size_t j = 0; j < size; ++j) LLM_EXPECT(blocks[i][j] == i + 1, "block " + std::to_string(i) + " was overwritten");
    memory.Release(blocks[i], size);
  }
}

LLM_TEST(StatisticsCountTheBytesAskedFor) {
  BufferTable table;
  const int64_t a = table.Allocate(1000), b = table.Allocate(500);
  table.Free(a);
  LLM_EXPECT(table.live_bytes() == 500 && table.peak_bytes() == 1500 && table.live_buffers() == 1, "wrong counts");
  table.ResetPeak();
  LLM_EXPECT(table.peak_bytes() == 500, "the peak did not start again");
  table.Free(b);
  LLM_EXPECT(table.Allocate(size_t{1} << 50) == -1 && table.live_bytes() == 0, "2^50 bytes were given");
}

}  // namespace llm

// A file's bytes as memory: pages come from the system's cache when first read, and are shared by all processes that
// map the file. Writing is allowed and private: a written page becomes this process's own, the file never changes.
// A file that another program shortens while it is mapped ends the process at the next access (SIGBUS); replacing it by
// renaming another over it, as writeFileAtomic does, is safe. On Windows a mapped file cannot be replaced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace llm {

class FileMapping {
 public:
  // nullptr where the file cannot be mapped; `error` then says why. The path is UTF-8.
  static std::shared_ptr<FileMapping> Open(const std::string& path, std::string* error);
  ~FileMapping();
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;

  uint8_t* data() const { return data_; }  // at a page's beginning; nullptr for an empty file
  size_t size() const { return size_; }
  // Whole pages of this part, which nobody wrote to, need not stay in the process; the system's cache keeps them.
  void LetGo(size_t offset, size_t bytes);

 private:
  FileMapping(uint8_t* data, size_t size) : data_(data), size_(size) {}

  uint8_t* data_;
  size_t size_;
};

}  // namespace llm

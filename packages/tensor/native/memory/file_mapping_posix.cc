#if !defined(_WIN32)

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "memory/file_mapping.h"

namespace llm {
namespace {

// Closes the descriptor at the end: the mapping outlives it.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

#if defined(MAP_NORESERVE)
constexpr int kFlags = MAP_PRIVATE | MAP_NORESERVE;  // most pages are never written
#else
constexpr int kFlags = MAP_PRIVATE;
#endif

}  // namespace

std::shared_ptr<FileMapping> FileMapping::Open(const std::string& path, std::string* error) {
  const auto fail = [error] {
    *error = std::strerror(errno);
    return nullptr;
  };
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return fail();
  struct stat status;
  if (fstat(file.get(), &status) != 0) return fail();
  if (!S_ISREG(status.st_mode)) {
    *error = "it is no regular file";
    return nullptr;
  }
  const size_t size = static_cast<size_t>(status.st_size);
  if (size == 0) return std::shared_ptr<FileMapping>(new FileMapping(nullptr, 0));
  void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, kFlags, file.get(), 0);
  if (data == MAP_FAILED) return fail();
  return std::shared_ptr<FileMapping>(new FileMapping(static_cast<uint8_t*>(data), size));
}

void FileMapping::LetGo(size_t offset, size_t bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t first = (offset + page - 1) / page * page, end = (offset + bytes) / page * page;
  if (first < end) madvise(data_ + first, end - first, MADV_DONTNEED);
}

FileMapping::~FileMapping() {
  if (data_ != nullptr) munmap(data_, size_);
}

}  // namespace llm

#endif

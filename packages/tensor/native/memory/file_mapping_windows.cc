#if defined(_WIN32)

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include "memory/file_mapping.h"

namespace llm {
namespace {

// Closes the handle at the end: a view keeps what it needs of file and mapping.
class Handle {
 public:
  explicit Handle(HANDLE handle) : handle_(handle) {}
  ~Handle() {
    if (is_valid()) CloseHandle(handle_);
  }
  HANDLE get() const { return handle_; }
  bool is_valid() const { return handle_ != nullptr && handle_ != INVALID_HANDLE_VALUE; }

 private:
  HANDLE handle_;
};

std::wstring Widen(const std::string& utf8) {
  const int length = static_cast<int>(utf8.size());
  std::wstring wide(static_cast<size_t>(MultiByteToWideChar(CP_UTF8, 0, utf8.data(), length, nullptr, 0)), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.data(), length, wide.data(), static_cast<int>(wide.size()));
  return wide;
}

}  // namespace

std::shared_ptr<FileMapping> FileMapping::Open(const std::string& path, std::string* error) {
  const auto fail = [error] {
    *error = "Windows error " + std::to_string(GetLastError());
    return nullptr;
  };
  constexpr DWORD kShare = FILE_SHARE_READ | FILE_SHARE_DELETE;
  const Handle file(
      CreateFileW(Widen(path).c_str(), GENERIC_READ, kShare, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file.is_valid()) return fail();
  LARGE_INTEGER size;
  if (!GetFileSizeEx(file.get(), &size)) return fail();
  if (size.QuadPart == 0) return std::shared_ptr<FileMapping>(new FileMapping(nullptr, 0));
  const Handle mapping(CreateFileMappingW(file.get(), nullptr, PAGE_WRITECOPY, 0, 0, nullptr));
  if (!mapping.is_valid()) return fail();
  void* data = MapViewOfFile(mapping.get(), FILE_MAP_COPY, 0, 0, 0);
  if (data == nullptr) return fail();
  return std::shared_ptr<FileMapping>(
      new FileMapping(static_cast<uint8_t*>(data), static_cast<size_t>(size.QuadPart)));
}

void FileMapping::LetGo(size_t, size_t) {}

FileMapping::~FileMapping() {
  if (data_ != nullptr) UnmapViewOfFile(data_);
}

}  // namespace llm

#endif

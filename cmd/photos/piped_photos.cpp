#include "cmd/photos/piped_photos.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace facenet {
namespace {

bool is_pipe(const std::string& path) {
  struct stat status {};
  if (path == "-") return true;
  return ::stat(path.c_str(), &status) == 0 &&
         (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

void write_all(int descriptor, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t put = ::write(descriptor, bytes.data() + at, bytes.size() - at);
    if (put < 0) fail("cannot keep a photo in memory: {}", std::strerror(errno));
    at += static_cast<std::size_t>(put);
  }
}

}  // namespace

std::string PipedPhotos::file_of(const std::string& path) {
  if (!is_pipe(path)) return path;
  const auto known = std::ranges::find(copies_, path, &Copy::name);
  if (known != copies_.end()) return known->file;
  const int descriptor = ::memfd_create("facenet photo", MFD_CLOEXEC);
  if (descriptor < 0) fail("cannot keep a photo in memory: {}", std::strerror(errno));
  auto memory = std::make_unique<Descriptor>(descriptor);
  write_all(descriptor, read_all(path));
  copies_.push_back({path, fmt::format("/proc/self/fd/{}", descriptor), std::move(memory)});
  return copies_.back().file;
}

const std::string& PipedPhotos::name_of(const std::string& file) const {
  const auto found = std::ranges::find(copies_, file, &Copy::file);
  return found == copies_.end() ? file : found->name;
}

}  // namespace facenet

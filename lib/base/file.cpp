#include "base/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sstream>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/error.h"
#include "base/interrupt.h"

namespace facenet {
namespace {

std::string system_reason() {
  return std::strerror(errno);
}

/// Writes all bytes or throws with the system's reason.
void write_all(int descriptor, std::string_view data, const std::string& path) {
  while (!data.empty()) {
    const ssize_t written = ::write(descriptor, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("{}: cannot write: {}", path, system_reason());
    data.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// The folder of facenet in the one that a variable names, or in the usual one below the user's
/// home; empty when there is neither.
std::string user_folder(const char* variable, const char* usual) {
  if (const char* folder = std::getenv(variable); folder != nullptr && *folder == '/')
    return std::string(folder) + "/facenet";
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? "" : home + std::string(usual) + "/facenet";
}

}  // namespace

Descriptor::Descriptor(const std::string& path)
    : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) fail("{}: cannot open: {}", path, system_reason());
}

Descriptor::~Descriptor() {
  ::close(descriptor_);
}

MappedFile::MappedFile(const std::string& path) : path_(path) {
  const Descriptor file(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail("{}: cannot read: {}", path, system_reason());
  if (!S_ISREG(status.st_mode)) fail("{}: not a file", path);
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return;  // mmap refuses empty ranges
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) fail("{}: cannot map into memory: {}", path, system_reason());
  bytes_ = {static_cast<const std::byte*>(address), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void MappedFile::forget(std::size_t size) const {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  ::madvise(const_cast<std::byte*>(bytes_.data()), std::min(size, bytes_.size()) / page * page,
            MADV_DONTNEED);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

void write_file_atomically(const std::string& path, bool overwrite,
                           const std::function<void(std::ostream&)>& write) {
  if (!overwrite && file_exists(path)) {
    fail("{}: already exists; give --force to replace it", path);
  }
  std::ostringstream content;
  write(content);

  std::string temporary = path + ".XXXXXX";
  const int descriptor = ::mkstemp(temporary.data());
  if (descriptor < 0) fail("{}: cannot create a file there: {}", path, system_reason());
  try {
    write_all(descriptor, content.view(), path);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(descriptor, 0666 & ~mask);  // mkstemp's 0600 would surprise whoever shares the file
    if (::fsync(descriptor) != 0) fail("{}: cannot write: {}", path, system_reason());
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
      fail("{}: cannot put the file in place: {}", path, system_reason());
    }
  } catch (...) {
    ::close(descriptor);
    ::unlink(temporary.c_str());
    throw;
  }
  ::close(descriptor);
  sync_folder_of(path);
}

void sync_folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) return;  // Some file systems have no folder handles; the data is safe.
  ::fsync(descriptor);
  ::close(descriptor);
}

bool file_exists(const std::string& path) {
  return std::filesystem::exists(std::filesystem::symlink_status(path));
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) fail("{}: cannot make the folder: {}", path, error.message());
}

std::string executable_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
}

std::string absolute_path(const std::string& path) {
  std::string absolute = std::filesystem::absolute(path).lexically_normal().string();
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  return absolute;
}

std::string user_data_folder() {
  const std::string folder = user_folder("XDG_DATA_HOME", "/.local/share");
  if (!folder.empty()) return folder;
  fail("neither $XDG_DATA_HOME nor $HOME is set; say where the catalog is with --catalog");
}

std::string read_all(const std::string& path) {
  std::optional<Descriptor> file;
  if (path != "-") file.emplace(path);
  const int descriptor = file ? file->get() : STDIN_FILENO;
  std::string text;
  std::array<char, 1 << 16> buffer;
  while (true) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR && !interrupted()) continue;
    if (got < 0) {
      fail("{}: cannot be read: {}", path == "-" ? "standard input" : path, std::strerror(errno));
    }
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string user_configuration_folder() {
  return user_folder("XDG_CONFIG_HOME", "/.config");
}

std::string with_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  const bool is_meant = path.starts_with("~/") && home != nullptr && *home != '\0';
  return is_meant ? home + path.substr(1) : path;
}

}  // namespace facenet

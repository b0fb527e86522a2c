#include "base/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <random>
#include <streambuf>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

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

int open_at_once(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail("{}: cannot open: {}", path, system_reason());
  return descriptor;
}

struct stat status_of(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) fail("{}: cannot read: {}", path, system_reason());
  return status;
}

/// Hands what is written on to a file, piece by piece. Throws Error.
class FileBuffer : public std::streambuf {
 public:
  FileBuffer(int descriptor, const std::string& path) : descriptor_(descriptor), path_(path) {
    start_again();
  }

 protected:
  int_type overflow(int_type c) override {
    sync();
    return traits_type::eq_int_type(c, traits_type::eof()) ? traits_type::not_eof(c)
                                                           : sputc(traits_type::to_char_type(c));
  }
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    if (size < epptr() - pptr()) return std::streambuf::xsputn(data, size);
    sync();
    write_all(descriptor_, {data, static_cast<std::size_t>(size)}, path_);
    return size;
  }
  int sync() override {
    write_all(descriptor_, {pbase(), static_cast<std::size_t>(pptr() - pbase())}, path_);
    start_again();
    return 0;
  }

 private:
  void start_again() { setp(buffer_.data(), buffer_.data() + buffer_.size()); }

  int descriptor_;
  const std::string& path_;
  std::vector<char> buffer_ = std::vector<char>(std::size_t{1} << 16);
};

/// An empty file of a name of its own, beside `path`. Made with the usual rights, which the
/// process's umask narrows: mkstemp's would surprise whoever shares the file.
int make_temporary(const std::string& path, std::string& temporary) {
  std::random_device random;
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    temporary = fmt::format("{}.{:08x}", path, random());
    const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return descriptor;
    if (errno != EEXIST) break;
  }
  fail("{}: cannot create a file there: {}", path, system_reason());
}

[[noreturn]] void fail_as_taken(const std::string& path) {
  fail("{}: already exists; give --force to replace it", path);
}

/// Not every file system knows such a rename (EINVAL); a second link replaces nothing either.
bool rename_to_free_name(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  if (::link(from.c_str(), to.c_str()) == 0) return ::unlink(from.c_str()) == 0;
  // Nor has every one links.
  return errno != EEXIST && !file_exists(to) && ::rename(from.c_str(), to.c_str()) == 0;
}

constexpr int kLookMs = 100;

/// Waits a moment for something to read, or for the end.
bool is_ready(int descriptor) {
  pollfd poll{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&poll, 1, kLookMs) > 0;
}

/// Reads a file, a pipe or a device to its end. `blocks`: reading waits for what is not there yet.
std::string read_to_end(int descriptor, bool blocks, const std::string& name) {
  const std::size_t most = S_ISCHR(status_of(descriptor, name).st_mode) ? 1 << 20 : 1 << 30;
  constexpr int kPatienceMs = 5000;
  std::string text;
  std::array<char, 1 << 16> buffer;
  for (int alone_ms = 0; text.size() <= most;) {
    stop_if_interrupted();
    const bool ready = is_ready(descriptor);
    if (!ready && blocks) continue;
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got == 0 && ready) return text;
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno != EAGAIN && errno != EINTR)
      fail("{}: cannot be read: {}", name, system_reason());
    // A named pipe at whose other end there was nobody yet.
    if (got == 0) alone_ms += kLookMs;
    if (alone_ms >= kPatienceMs) fail("{}: nobody writes to this pipe", name);
  }
  fail("{}: more than {} bytes", name, most);
}

std::span<const std::byte> map(const Descriptor& file, std::size_t size, const std::string& path) {
  if (size == 0) return {};  // mmap refuses empty ranges
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) fail("{}: cannot map into memory: {}", path, system_reason());
  return {static_cast<const std::byte*>(address), size};
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

Descriptor::Descriptor(const std::string& path) : Descriptor(open_at_once(path)) {
  const mode_t mode = status_of(descriptor_, path).st_mode;
  if (!S_ISREG(mode))
    fail("{}: {}", path, S_ISDIR(mode) ? "a folder, not a file" : "not a regular file");
}

Descriptor::~Descriptor() {
  ::close(descriptor_);
}

void fill_standard_descriptors() {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(standard, F_GETFD) < 0)  // then open() takes just this number
      ::open("/dev/null", standard == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

MappedFile::MappedFile(const std::string& path) : path_(path) {
  const Descriptor file(path);
  bytes_ = map(file, static_cast<std::size_t>(status_of(file.get(), path).st_size), path);
}

MappedFile::MappedFile(const Descriptor& file, std::size_t size, std::string name)
    : path_(std::move(name)), bytes_(map(file, size, path_)) {}

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
  require_free(path, overwrite);
  std::string temporary;
  const Descriptor file(make_temporary(path, temporary));
  try {
    FileBuffer buffer(file.get(), path);
    std::ostream out(&buffer);
    out.exceptions(std::ios::badbit);  // as the buffer throws them
    write(out);
    out.flush();
    if (::fsync(file.get()) != 0) fail("{}: cannot write: {}", path, system_reason());
    put_in_place(temporary, path, overwrite);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void put_in_place(const std::string& from, const std::string& path, bool overwrite) {
  const bool done =
      overwrite ? ::rename(from.c_str(), path.c_str()) == 0 : rename_to_free_name(from, path);
  if (!done && !overwrite && errno == EEXIST) fail_as_taken(path);
  if (!done) fail("{}: cannot put the file in place: {}", path, system_reason());
  sync_folder_of(path);
}

void require_free(const std::string& path, bool overwrite) {
  if (!overwrite && file_exists(path)) fail_as_taken(path);
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

std::vector<std::string> module_places(const std::string& name) {
  const std::string folder = executable_folder();
  return {folder + "/" + name, folder + "/../" FACENET_MODULE_FOLDER "/" + name};
}

std::string absolute_path(const std::string& path) {
  if (path.empty()) fail("a path is empty: give the name of a file or a folder");
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  if (error) fail("{}: cannot tell where that is: {}", path, error.message());
  std::string absolute = whole.lexically_normal().string();
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  return absolute;
}

std::string user_data_folder() {
  const std::string folder = user_folder("XDG_DATA_HOME", "/.local/share");
  if (!folder.empty()) return folder;
  fail("neither $XDG_DATA_HOME nor $HOME is set; say where the catalog is with --catalog");
}

std::string read_all(const std::string& path) {
  if (path == "-") return read_to_end(STDIN_FILENO, true, "standard input");
  const Descriptor file(open_at_once(path));
  return read_to_end(file.get(), false, path);
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

#include "export/export_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace facenet {
namespace {

constexpr const char* kNewManifest = ".facenet-export.new";
constexpr const char* kPart = ".facenet-export.part";  // a copy that is being made

std::string system_words() {
  return std::strerror(errno);
}

std::string real_path_of(const std::string& path) {
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  if (error) fail("{}: cannot be opened: {}", path, error.message());
  return real.string();
}

void write_whole(int file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("{}: cannot write: {}", path, system_words());
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// A file that has to be new. Throws Error.
int make_file_in(int folder, const char* name, const std::string& path) {
  const int file =
      ::openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (file < 0) fail("{}: cannot make a file there: {}", path, system_words());
  return file;
}

/// Removed when this ends, unless it has got its name by then.
class Part {
 public:
  Part(int folder, const char* name) : folder_(folder), name_(name) {
    ::unlinkat(folder_, name_, 0);  // of a run that was killed
  }
  ~Part() { ::unlinkat(folder_, name_, 0); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

 private:
  int folder_;
  const char* name_;
};

std::unique_ptr<Descriptor> open_source(const std::string& path) {
  try {
    return std::make_unique<Descriptor>(path);
  } catch (const Error& error) {
    const std::string message = error.what();
    throw SourceError(message.starts_with(path + ": ") ? message.substr(path.size() + 2) : message);
  }
}

void copy_bytes(int from, int to, const std::string& path) {
  std::vector<char> buffer(std::size_t{1} << 20);
  for (;;) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail<SourceError>("cannot be read: {}", system_words());
    if (got == 0) return;
    write_whole(to, {buffer.data(), static_cast<std::size_t>(got)}, path);
  }
}

/// Renames to a name that nothing has. Not every file system knows such a rename (EINVAL).
bool rename_to_free(int from_folder, const char* from, int folder, const char* name) {
  if (::renameat2(from_folder, from, folder, name, RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  if (status_in(folder, name)) {
    errno = EEXIST;
    return false;
  }
  return ::renameat(from_folder, from, folder, name) == 0;
}

}  // namespace

ExportFolder::ExportFolder(const std::string& path, bool make) : path_(absolute_path(path)) {
  if (make) make_folder(path_);
  if (!file_exists(path_)) return;
  path_ = real_path_of(path_);
  const int opened = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened < 0) fail("{}: cannot be opened: {}", path_, system_words());
  root_ = std::make_unique<Descriptor>(opened);
  // Some network file systems lock no folders; then two exports at once are the user's to avoid.
  if (::flock(opened, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    fail("{}: another facenet exports to this folder; wait until it is done", path_);
  find_manifest();
}

void ExportFolder::find_manifest() {
  const std::string name = path_ + "/" + kManifestName;
  const int file =
      ::openat(root_->get(), kManifestName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0 && errno != ENOENT) fail("{}: cannot be opened: {}", name, system_words());
  if (file < 0) {
    const auto is_leftover = [](const std::string& found) {
      return found == kNewManifest || found == kPart;
    };
    if (!std::ranges::all_of(names_in(root_->get()), is_leftover))
      fail("{}: holds files that no export put there; give a new or an empty folder", path_);
    return;
  }
  const Descriptor owner(file);
  std::string bytes;
  std::array<char, 1 << 16> buffer;
  for (ssize_t got = 0; (got = ::read(file, buffer.data(), buffer.size())) != 0;) {
    if (got < 0 && errno != EINTR) fail("{}: cannot be read: {}", name, system_words());
    if (got > 0) bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  manifest_ = read_manifest(bytes, name);
}

bool ExportFolder::has(const std::string& name) const {
  return root_ && status_in(root_->get(), name);
}

void ExportFolder::write_manifest(const Manifest& manifest) {
  const std::string name = path_ + "/" + kManifestName;
  const Part part(root_->get(), kNewManifest);
  {
    const Descriptor file(make_file_in(root_->get(), kNewManifest, name));
    write_whole(file.get(), manifest_bytes(manifest), name);
    if (::fsync(file.get()) != 0) fail("{}: cannot write: {}", name, system_words());
  }
  if (::renameat(root_->get(), kNewManifest, root_->get(), kManifestName) != 0)
    fail("{}: cannot put the file in place: {}", name, system_words());
  ::fsync(root_->get());
}

std::unique_ptr<Descriptor> ExportFolder::open(const std::string& folder) const {
  if (!root_) return nullptr;
  const int opened =
      ::openat(root_->get(), folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return opened < 0 ? nullptr : std::make_unique<Descriptor>(opened);
}

bool ExportFolder::make(const std::string& folder) const {
  if (::mkdirat(root_->get(), folder.c_str(), 0777) == 0) return true;
  if (errno == EEXIST) return false;
  fail("{}/{}: cannot make the folder: {}", path_, folder, system_words());
}

bool ExportFolder::remove(const std::string& folder) const {
  return ::unlinkat(root_->get(), folder.c_str(), AT_REMOVEDIR) == 0;
}

bool ExportFolder::copy(const std::string& source, int folder, MadeFile& made) const {
  const auto from = open_source(source);
  struct stat status {};
  if (::fstat(from->get(), &status) != 0) fail<SourceError>("cannot be read: {}", system_words());
  const std::string path = fmt::format("{}/{}/{}", path_, made.folder, made.name);
  const Part part(root_->get(), kPart);
  bool is_shared = false;
  {
    const Descriptor to(make_file_in(root_->get(), kPart, path));
    is_shared = ::ioctl(to.get(), FICLONE, from->get()) == 0;
    if (!is_shared) copy_bytes(from->get(), to.get(), path);
    const std::array<timespec, 2> times = {status.st_atim, status.st_mtim};
    ::futimens(to.get(), times.data());
    if (::fsync(to.get()) != 0) fail("{}: cannot write: {}", path, system_words());
    if (::fstat(to.get(), &status) != 0) fail("{}: cannot be read: {}", path, system_words());
  }
  made.size = status.st_size;
  made.mtime_ns = mtime_of(status);
  if (!rename_to_free(root_->get(), kPart, folder, made.name.c_str()))
    fail("{}: cannot put the file in place: {}", path, system_words());
  return is_shared;
}

std::vector<std::string> names_in(int folder) {
  // A descriptor of its own, as a listing moves its place.
  const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(own < 0 ? nullptr : ::fdopendir(own),
                                                    ::closedir);
  if (!listing) fail("cannot list a folder of the export: {}", system_words());
  std::vector<std::string> names;
  while (const dirent* const entry = ::readdir(listing.get()))
    if (const std::string_view name = entry->d_name; name != "." && name != "..")
      names.emplace_back(name);
  std::ranges::sort(names);
  return names;
}

std::optional<struct stat> status_in(int folder, const std::string& name) {
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
  return status;
}

std::string link_text(int folder, const std::string& name) {
  std::array<char, 4096> text;  // no longer path can be followed
  const ssize_t size = ::readlinkat(folder, name.c_str(), text.data(), text.size());
  return size < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
}

bool is_as_made(int folder, const MadeFile& made, const struct stat& status) {
  // FAT keeps times of two seconds.
  constexpr std::int64_t kCoarsest = 2'000'000'000;
  switch (made.kind) {
    case FileKind::kLink:
      return S_ISLNK(status.st_mode) && link_text(folder, made.name) == made.target;
    case FileKind::kHardLink:
      return S_ISREG(status.st_mode) && status.st_ino == made.inode;
    case FileKind::kCopy:
      return S_ISREG(status.st_mode) && status.st_size == made.size &&
             std::abs(mtime_of(status) - made.mtime_ns) <= kCoarsest;
  }
  return false;
}

std::int64_t mtime_of(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

}  // namespace facenet

#include "exchange/sidecar.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace facenet {
namespace {

constexpr off_t kMostBytes = off_t{1} << 24;

}  // namespace

std::string sidecar_path(const std::string& photo, SidecarStyle style) {
  if (style == SidecarStyle::kAppended) return photo + ".xmp";
  const std::size_t slash = photo.rfind('/');
  const std::size_t dot = photo.rfind('.');
  // The dot of ".jpg", a hidden file, begins no extension.
  const bool has_extension =
      dot != std::string::npos && dot != 0 && (slash == std::string::npos || dot > slash + 1);
  return (has_extension ? photo.substr(0, dot) : photo) + ".xmp";
}

std::vector<std::string> sidecars_of(const std::string& photo) {
  std::vector<std::string> paths;
  for (const SidecarStyle style : {SidecarStyle::kAppended, SidecarStyle::kReplaced}) {
    std::string path = sidecar_path(photo, style);
    if (path != photo && file_exists(path) && (paths.empty() || paths.front() != path))
      paths.push_back(std::move(path));
  }
  return paths;
}

std::optional<std::string> read_sidecar(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (file.get() < 0 && errno == ENOENT) return std::nullopt;
  if (file.get() < 0 && errno == ELOOP)
    fail("{}: is a link; only files are read and written as sidecars", path);
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0)
    fail("{}: cannot be read: {}", path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) fail("{}: is not a regular file", path);
  if (status.st_size > kMostBytes) fail("{}: is larger than 16 MiB, too large for a sidecar", path);
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + got, bytes.size() - got);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      fail("{}: cannot be read: {}", path,
           count < 0 ? std::strerror(errno) : "it was cut short meanwhile");
    got += static_cast<std::size_t>(count);
  }
  return bytes;
}

void write_sidecar(const std::string& path, const std::optional<std::string>& before,
                   const std::string& text) {
  if (read_sidecar(path) != before) fail("{}: another program has changed it meanwhile", path);
  struct stat status {};
  const bool is_there = before && ::stat(path.c_str(), &status) == 0;
  write_file_atomically(path, before.has_value(), [&](std::ostream& out) { out << text; });
  if (is_there) ::chmod(path.c_str(), status.st_mode & 07777);
}

}  // namespace facenet

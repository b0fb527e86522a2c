#include "image/decoder/open_photo.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

#include "image/decode.h"

namespace facenet {
namespace {

struct stat status_of(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0)
    fail<DecodeError>("cannot be read: {}", std::strerror(errno));
  return status;
}

}  // namespace

OpenPhoto::OpenPhoto(const std::string& path)
    : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (descriptor() < 0) fail<DecodeError>("{}{}", kCannotOpen, std::strerror(errno));
  const auto mode = status_of(descriptor()).st_mode;
  if (S_ISDIR(mode)) fail<DecodeError>("a folder, not a file");
  if (!S_ISREG(mode)) fail<DecodeError>("not a regular file");
}

std::int64_t OpenPhoto::size() const {
  return status_of(descriptor()).st_size;
}

}  // namespace facenet

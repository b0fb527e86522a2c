#include "catalog/upkeep/file_beside.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace facenet {

FileBeside::FileBeside(std::string path) : path_(std::move(path)), name_(path_ + ".XXXXXX") {
  const int descriptor = ::mkostemp(name_.data(), O_CLOEXEC);  // mode 0600
  if (descriptor < 0)
    fail("{}: cannot be made ({}): name a file in another folder", path_, std::strerror(errno));
  ::close(descriptor);
}

FileBeside::~FileBeside() {
  for (const char* ending : {"", "-wal", "-shm", "-journal"}) ::unlink((name_ + ending).c_str());
}

void FileBeside::become_path(bool overwrite) const {
  put_in_place(name_, path_, overwrite);
}

}  // namespace facenet

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file.h"

namespace facenet {

/// Photos that come through a pipe: "-", /dev/stdin, or what a shell makes of <(command). A photo
/// is read more than once, and a pipe can be read only once, so each is kept in memory while this
/// lives.
class PipedPhotos {
 public:
  /// Where to read what the user calls `path`: `path` itself unless it is a pipe. Throws Error when
  /// the pipe cannot be read.
  std::string file_of(const std::string& path);

  /// What the user calls this file.
  const std::string& name_of(const std::string& file) const;

 private:
  struct Copy {
    std::string name, file;
    std::unique_ptr<Descriptor> memory;
  };
  std::vector<Copy> copies_;
};

}  // namespace facenet

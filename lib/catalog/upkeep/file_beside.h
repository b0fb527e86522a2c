#pragma once

#include <string>

namespace facenet {

/// A catalog in the making: a file beside `path`, mode 0600, that becomes `path`, or is gone, with
/// what SQLite keeps beside it.
class FileBeside {
 public:
  /// Throws Error when it cannot be made.
  explicit FileBeside(std::string path);
  ~FileBeside();
  FileBeside(const FileBeside&) = delete;
  FileBeside& operator=(const FileBeside&) = delete;

  const std::string& name() const { return name_; }

  /// Throws Error, also when there is a file at `path` and it is not to `overwrite` it.
  void become_path(bool overwrite) const;

 private:
  std::string path_, name_;
};

}  // namespace facenet

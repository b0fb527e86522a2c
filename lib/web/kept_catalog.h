#pragma once

#include <memory>
#include <string>
#include <sys/types.h>

#include "catalog/catalog.h"

namespace facenet {

/// A catalog that stays open for long. The file at its path may become another one meanwhile, such
/// as a copy that somebody has put back: what was said to the old one would be lost.
class KeptCatalog {
 public:
  /// Throws Error.
  KeptCatalog(std::string path, Catalog::Mode mode);

  /// Opened again when the file at the path is another one. Throws Error.
  Catalog& get();
  /// To be opened again in any case.
  void close() { catalog_.reset(); }
  /// Another number each time it is opened.
  int opened() const { return opened_; }
  const std::string& path() const { return path_; }

 private:
  void open();

  std::string path_;
  Catalog::Mode mode_;
  std::unique_ptr<Catalog> catalog_;
  dev_t device_ = 0;
  ino_t file_ = 0;
  int opened_ = 0;
};

}  // namespace facenet

#include "web/kept_catalog.h"

#include <optional>
#include <sys/stat.h>
#include <utility>

#include "base/file.h"

namespace facenet {
namespace {

std::optional<std::pair<dev_t, ino_t>> file_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return std::pair(status.st_dev, status.st_ino);
}

}  // namespace

KeptCatalog::KeptCatalog(std::string path, Catalog::Mode mode)
    : path_(absolute_path(path)), mode_(mode) {
  open();
}

void KeptCatalog::open() {
  catalog_.reset();
  const auto before = file_at(path_);
  catalog_ = std::make_unique<Catalog>(path_, mode_);
  if (before) std::tie(device_, file_) = *before;
  ++opened_;
}

Catalog& KeptCatalog::get() {
  const auto now = file_at(path_);
  if (!catalog_ || !now || *now != std::pair(device_, file_)) open();
  return *catalog_;
}

}  // namespace facenet

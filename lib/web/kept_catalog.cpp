#include "web/kept_catalog.h"

#include <sys/stat.h>

#include "base/file.h"

namespace facenet {

KeptCatalog::KeptCatalog(std::string path, Catalog::Mode mode)
    : path_(absolute_path(path)), mode_(mode) {
  open();
}

/// Of a path where nothing is: that of no file.
KeptCatalog::Mark KeptCatalog::mark_of(const std::string& path) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {.device = status.st_dev,
          .file = status.st_ino,
          .size = status.st_size,
          .written = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

void KeptCatalog::close() {
  settler_.reset();
  catalog_.reset();
}

void KeptCatalog::open() {
  close();
  mark_ = mark_of(path_);
  catalog_ = std::make_unique<Catalog>(path_, mode_);
  settler_ = std::make_unique<CatalogSettler>(path_);
  note_written();  // opening may bring it up to date
  ++opened_;
}

Catalog& KeptCatalog::get() {
  if (!settler_ || mark_of(path_) != mark_) open();
  return *catalog_;
}

/// If another file is at the path by now, it still is another one.
void KeptCatalog::note_written() {
  const Mark now = mark_of(path_);
  mark_.size = now.size;
  mark_.written = now.written;
}

bool KeptCatalog::settle() {
  if (!settler_ || mark_of(path_) != mark_) return false;
  const bool settled = settler_->settle();
  note_written();
  return settled;
}

bool KeptCatalog::is_in_place() const {
  const Mark now = mark_of(path_);
  return now.device == mark_.device && now.file == mark_.file;
}

}  // namespace facenet

#include "pipeline/scan.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <set>
#include <string_view>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "image/raw_tiff.h"

namespace facenet {
namespace {

FoundFile found_file(const std::string& path, const struct stat& status) {
  return {path, status.st_size,
          std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

/// Without links on the way; empty when it cannot be told.
std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         std::free);
  return real ? real.get() : "";
}

class Walker {
 public:
  Walker(ScanResult& result, const Exclusion& exclusion) : result_(result), exclusion_(exclusion) {}

  void add_root(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      return unreadable(path);
    }
    result_.roots.push_back(path);
    real_roots_.add(real_path(path));
    if (S_ISDIR(status.st_mode)) {
      folders_.push_back({path, path});
    } else {
      result_.files.push_back(found_file(path, status));
      result_.files.back().named = true;
    }
  }

  /// Depth does not matter for the result, so no recursion: a deep tree costs no stack.
  void run() {
    // From the back: the inner of two roots first.
    std::ranges::stable_sort(folders_, {}, [](const Folder& folder) { return folder.path.size(); });
    while (!(folders_.empty() && linked_folders_.empty()) && !interrupted()) {
      auto& next = folders_.empty() ? linked_folders_ : folders_;
      const Folder folder = std::move(next.back());
      next.pop_back();
      visit(folder);
    }
  }

 private:
  struct Folder {
    std::string path, root;
  };

  void visit(const Folder& place) {
    const std::string& folder = place.path;
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return unreadable(folder);
    if (!visited_.insert({status.st_dev, status.st_ino}).second) return;

    const std::unique_ptr<DIR, int (*)(DIR*)> handle(::opendir(folder.c_str()), ::closedir);
    if (!handle) return unreadable(folder);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(handle.get())) {
      const std::string_view name = entry->d_name;
      if (name == ".nofaces") return;
      if (!name.starts_with('.')) names.emplace_back(name);
      errno = 0;
    }
    if (errno != 0) unreadable(folder);
    // Last first, for the stack above to take them in order.
    std::sort(names.begin(), names.end(), std::greater<>());
    for (const std::string& name : names) {
      add_entry(fmt::format("{}/{}", folder == "/" ? "" : folder, name), place.root);
    }
  }

  void add_entry(const std::string& path, const std::string& root) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return unreadable(path);
    const bool link = S_ISLNK(status.st_mode);
    if (link && ::stat(path.c_str(), &status) != 0) return;  // leads nowhere: nothing to read
    const bool is_folder = S_ISDIR(status.st_mode);
    if (!is_folder && !S_ISREG(status.st_mode)) return;
    if (exclusion_.matches(path, root, is_folder)) {
      ++(is_folder ? result_.excluded.folders : result_.excluded.files);
    } else if (link && !exclusion_.follows_links() && !real_roots_.covers(real_path(path))) {
      result_.unfollowed.push_back(path);
    } else if (is_folder) {
      (link ? linked_folders_ : folders_).push_back({path, root});
    } else {
      result_.files.push_back(found_file(path, status));
    }
  }

  void unreadable(const std::string& path) {
    result_.unreadable.emplace_back(path, std::strerror(errno));
  }

  ScanResult& result_;
  const Exclusion& exclusion_;
  PathSet real_roots_;
  std::vector<Folder> folders_, linked_folders_;
  std::set<std::pair<dev_t, ino_t>> visited_;
};

void leave_to_others(ScanResult& result, const Exclusion& exclusion) {
  const auto others =
      std::stable_partition(result.files.begin(), result.files.end(), [&](const FoundFile& file) {
        return interrupted() || !exclusion.is_of_other_shard(file.path);
      });
  result.of_other_shards.assign(std::make_move_iterator(others),
                                std::make_move_iterator(result.files.end()));
  result.files.erase(others, result.files.end());
  result.excluded.files_of_other_shards = std::ssize(result.of_other_shards);
}

}  // namespace

ScanResult scan(const std::vector<std::string>& roots, const Exclusion& exclusion) {
  ScanResult result;
  Walker walker(result, exclusion);
  for (const std::string& root : roots) walker.add_root(absolute_path(root));
  if (result.roots.empty() && !result.unreadable.empty()) {
    std::vector<std::string> paths;
    for (const auto& [path, reason] : result.unreadable) paths.push_back(path);
    fail("{}: {}; give an existing folder or photo", fmt::join(paths, ", "),
         result.unreadable.front().second);
  }
  walker.run();

  std::sort(result.roots.begin(), result.roots.end());
  std::sort(result.unfollowed.begin(), result.unfollowed.end());
  // A file that was named and found as well counts as named.
  std::sort(result.files.begin(), result.files.end(), [](const FoundFile& a, const FoundFile& b) {
    const int order = a.path.compare(b.path);
    return order != 0 ? order < 0 : a.named > b.named;
  });
  const auto repeated =
      std::unique(result.files.begin(), result.files.end(),
                  [](const FoundFile& a, const FoundFile& b) { return a.path == b.path; });
  result.files.erase(repeated, result.files.end());
  leave_to_others(result, exclusion);
  return result;
}

bool stat_file(const std::string& path, FoundFile& file) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const bool named = file.named;
  file = found_file(path, status);
  file.named = named;
  return true;
}

bool has_photo_extension(const std::string& path) {
  if (has_raw_extension(path)) return true;
  static constexpr std::array<std::string_view, 15> kExtensions = {
      ".jpg", ".jpeg", ".jpe", ".jfif", ".png",  ".webp", ".tif", ".tiff",
      ".gif", ".bmp",  ".dib", ".heic", ".heif", ".avif", ".jxl"};
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] != '.') return false;
  std::string extension = path.substr(dot);
  std::transform(extension.begin(), extension.end(), extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

bool is_under(const std::string& path, const std::string& root) {
  if (root == "/") return true;
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

bool is_excluded(const std::string& file, const std::vector<std::string>& roots,
                 const Exclusion& exclusion) {
  if (exclusion.empty()) return false;
  const std::string* innermost = nullptr;
  for (const std::string& root : roots)
    if (is_under(file, root) && (innermost == nullptr || root.size() > innermost->size()))
      innermost = &root;
  return innermost != nullptr && exclusion.hides(file, *innermost);
}

bool PathSet::covers(const std::string& path) const {
  for (std::size_t end = path.size(); end != std::string::npos && end > 0;
       end = path.rfind('/', end - 1)) {
    if (paths_.contains(path.substr(0, end))) return true;
  }
  return paths_.contains("/");
}

}  // namespace facenet

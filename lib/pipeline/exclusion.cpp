#include "pipeline/exclusion.h"

#include <algorithm>
#include <fnmatch.h>

#include "base/error.h"

namespace facenet {
namespace {

constexpr const char* kAnyFolders = "**/";

std::string path_below(const std::string& path, const std::string& root) {
  return path.substr(root == "/" ? 1 : root.size() + 1);
}

}  // namespace

Exclusion::Exclusion(const std::vector<std::string>& patterns, bool follow_links)
    : follow_links_(follow_links) {
  for (std::string glob : patterns) {
    const bool folders_only = glob.ends_with('/');
    while (glob.ends_with('/')) glob.pop_back();
    if (glob.empty()) fail<UsageError>("a pattern of what to exclude is empty");
    const auto add = [&](const std::string& text) {
      using enum Pattern::Subject;
      const auto subject = text.starts_with('/')                 ? kWholePath
                           : text.find('/') != std::string::npos ? kPathBelow
                                                                 : kName;
      patterns_.push_back({text, subject, folders_only});
    };
    add(glob);
    // fnmatch wants a folder for it, which need not be there.
    if (glob.starts_with(kAnyFolders)) add(glob.substr(glob.find_first_not_of("*/")));
  }
}

bool Exclusion::matches(const std::string& path, const std::string& root, bool is_folder) const {
  return std::ranges::any_of(patterns_, [&](const Pattern& pattern) {
    if (pattern.folders_only && !is_folder) return false;
    const std::string text =
        pattern.subject == Pattern::Subject::kName        ? path.substr(path.rfind('/') + 1)
        : pattern.subject == Pattern::Subject::kPathBelow ? path_below(path, root)
                                                          : path;
    return ::fnmatch(pattern.glob.c_str(), text.c_str(), 0) == 0;
  });
}

bool Exclusion::hides(const std::string& file, const std::string& root) const {
  if (patterns_.empty() || file == root) return false;
  for (std::size_t end = file.find('/', root == "/" ? 1 : root.size() + 1);
       end != std::string::npos; end = file.find('/', end + 1))
    if (matches(file.substr(0, end), root, true)) return true;
  return matches(file, root, false);
}

}  // namespace facenet

#include "train/eval/labelled_folder.h"

#include "base/error.h"
#include "base/logging.h"
#include "pipeline/scan.h"
#include "train/eval/identities.h"

namespace facenet {

std::string LabelledFolder::below_root(const std::string& path) const {
  return path.substr(root.size() + (root.ends_with('/') ? 0 : 1));
}

std::string LabelledFolder::person(const std::string& path) const {
  const std::string below = below_root(path);
  return below.substr(0, below.find('/'));
}

LabelledFolder find_labelled_images(const std::string& root) {
  const ScanResult found = scan({root}, Exclusion({}, /*follow_links=*/true));
  LabelledFolder folder{.root = found.roots.front(),
                        .unreadable = {found.unreadable.begin(), found.unreadable.end()}};
  for (const FoundFile& file : found.files) {
    if (!file.named && has_photo_extension(file.path) &&
        folder.below_root(file.path).find('/') != std::string::npos) {
      folder.images.push_back(file.path);
    }
  }
  if (folder.images.empty()) {
    fail("{}: no photos in folders below; give a folder with a folder for each person", root);
  }
  return folder;
}

void FaceLabels::add(const std::string& person) {
  identity_.push_back(numbers_.emplace(person, people()).first->second);
  split_.push_back(split_of(person, splits_));
}

std::size_t warn_unreadable(const LabelledFolder& folder,
                            const std::map<std::string, std::string>& unreadable) {
  std::map<std::string, std::string> reasons = folder.unreadable;
  reasons.insert(unreadable.begin(), unreadable.end());
  for (const auto& [path, reason] : reasons) log_warning("{}: {}", path, reason);
  return reasons.size();
}

ImageCounts count_images(const LabelledFolder& folder, const FaceLabels& labels,
                         const std::map<std::string, std::string>& unreadable) {
  const auto faces = static_cast<std::size_t>(labels.faces());
  return {.images = folder.images.size(),
          .no_face = folder.images.size() - faces - unreadable.size(),
          .unreadable = warn_unreadable(folder, unreadable)};
}

}  // namespace facenet

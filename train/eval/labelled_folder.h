#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace facenet {

/// The photos of a folder with a folder for each person.
struct LabelledFolder {
  std::string root = {};                               ///< absolute
  std::vector<std::string> images = {};                ///< absolute, sorted
  std::map<std::string, std::string> unreadable = {};  ///< places that were not looked at, reasons

  /// The part of an image's path below the root.
  std::string below_root(const std::string& path) const;
  /// The first folder below the root.
  std::string person(const std::string& path) const;
};

/// Throws Error when the folder does not exist or no folder below it has a photo.
LabelledFolder find_labelled_images(const std::string& root);

/// Whose each of a row of faces is.
class FaceLabels {
 public:
  /// `splits`: of the people, for standard errors (train/identities.h).
  explicit FaceLabels(int splits) : splits_(splits) {}

  void add(const std::string& person);

  std::int64_t faces() const { return std::ssize(identity_); }
  std::int64_t people() const { return std::ssize(numbers_); }
  const std::vector<std::int64_t>& identity() const { return identity_; }
  const std::vector<int>& split() const { return split_; }
  int splits() const { return splits_; }

 private:
  int splits_;
  std::vector<std::int64_t> identity_;
  std::vector<int> split_;
  std::map<std::string, std::int64_t> numbers_;
};

/// Warns of all that could not be read, in the folder and of its images (`unreadable`), and counts
/// it.
std::size_t warn_unreadable(const LabelledFolder& folder,
                            const std::map<std::string, std::string>& unreadable);

/// What became of a folder's images: each has a face, has none, or cannot be read.
struct ImageCounts {
  std::size_t images = 0, no_face = 0;
  std::size_t unreadable = 0;  ///< folders too
};

/// Counts, and warns as above.
ImageCounts count_images(const LabelledFolder& folder, const FaceLabels& labels,
                         const std::map<std::string, std::string>& unreadable);

}  // namespace facenet

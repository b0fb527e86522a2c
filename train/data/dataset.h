#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace facenet {

/// A photo that shows a known person.
struct LabelledImage {
  std::string path, identity;

  friend bool operator==(const LabelledImage&, const LabelledImage&) = default;
};

/// Sorts by identity, then path: the order of data sets, caches and samplers, so that nothing
/// depends on the order in which a file system lists its files.
void sort_by_identity(std::vector<LabelledImage>& images);

/// A folder per person: the person of a path below `root` is the first folder on its way there,
/// with `data_set` and a slash in front where that is not empty (people of the same name in two
/// data sets are two labels). Files that lie in `root` itself belong to nobody and are left out.
/// Sorted by identity, then path. Throws Error when nothing is left or a path is not below `root`.
std::vector<LabelledImage> label_by_folder(const std::string& root,
                                           std::span<const std::string> paths,
                                           const std::string& data_set = "");

/// A CSV file (RFC 4180) of rows path,identity, with or without a line that says so on top; paths
/// are relative to its folder. Sorted by identity, then path. Throws Error that names the line.
std::vector<LabelledImage> read_image_list(const std::string& csv);

/// Of each name the number of its data set: what stands before its last slash, in order of first
/// occurrence.
std::vector<std::int32_t> data_sets_of(std::span<const std::string> identities);

struct DatasetOptions {
  int min_images = 2;        ///< people with fewer are left out
  double validation = 0.05;  ///< share of the people kept for validation

  /// Throws UsageError.
  void validate() const;
};

/// Indices of images, ascending. No person has images in both.
struct DatasetSplit {
  std::vector<std::size_t> training, validation;
};

/// Parts images by their person, whose side is decided by a hash of the name alone and so never
/// changes when others join or leave. `identity[i]` indexes `names`. Throws Error when nothing is
/// left for training.
DatasetSplit split_dataset(std::span<const std::int32_t> identity,
                           std::span<const std::string> names, const DatasetOptions& options);

}  // namespace facenet

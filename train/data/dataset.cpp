#include "train/data/dataset.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

#include "base/csv.h"
#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "train/eval/identities.h"

namespace facenet {
namespace {

/// Steps in which the share of people for validation can be chosen.
constexpr int kShares = 1000;

}  // namespace

void sort_by_identity(std::vector<LabelledImage>& images) {
  std::ranges::sort(
      images, {}, [](const LabelledImage& image) { return std::tie(image.identity, image.path); });
}

std::vector<LabelledImage> label_by_folder(const std::string& root,
                                           std::span<const std::string> paths,
                                           const std::string& data_set) {
  const std::string prefix = root.ends_with('/') ? root : root + '/';
  std::vector<LabelledImage> images;
  for (const std::string& path : paths) {
    if (!path.starts_with(prefix)) fail("{}: not below {}", path, root);
    const std::size_t end = path.find('/', prefix.size());
    if (end == std::string::npos) continue;
    const std::string person = path.substr(prefix.size(), end - prefix.size());
    images.push_back({path, data_set.empty() ? person : data_set + '/' + person});
  }
  stop_if_interrupted();  // then the scan that found the paths may have been, too
  if (images.empty())
    fail("{}: no images there; give a folder with a folder for each person", root);
  sort_by_identity(images);
  return images;
}

std::vector<LabelledImage> read_image_list(const std::string& csv) {
  const std::filesystem::path folder = std::filesystem::path(absolute_path(csv)).parent_path();
  CsvReader reader(read_all(csv), csv);
  std::vector<LabelledImage> images;
  bool first = true;
  for (auto row = reader.next(); row; row = reader.next(), first = false) {
    if (first && *row == std::vector<std::string>{"path", "identity"}) continue;
    if (row->size() != 2 || (*row)[0].empty() || (*row)[1].empty()) {
      fail("{}: line {} must hold path,identity", csv, reader.line());
    }
    images.push_back({absolute_path((folder / (*row)[0]).string()), std::move((*row)[1])});
  }
  if (images.empty()) fail("{}: has no rows of path,identity", csv);
  sort_by_identity(images);
  return images;
}

std::vector<std::int32_t> data_sets_of(std::span<const std::string> identities) {
  std::map<std::string, std::int32_t> numbers;
  std::vector<std::int32_t> result;
  for (const std::string& name : identities) {
    const std::size_t end = name.rfind('/');
    const std::string set = end == std::string::npos ? std::string() : name.substr(0, end);
    result.push_back(numbers.emplace(set, static_cast<std::int32_t>(numbers.size())).first->second);
  }
  return result;
}

void DatasetOptions::validate() const {
  if (min_images < 1) fail<UsageError>("--min-images must be at least 1, not {}", min_images);
  if (!(validation >= 0 && validation < 1)) {
    fail<UsageError>("--validation must be a share of the people, from 0 to below 1, not {}",
                     validation);
  }
}

DatasetSplit split_dataset(std::span<const std::int32_t> identity,
                           std::span<const std::string> names, const DatasetOptions& options) {
  options.validate();
  std::vector<int> images(names.size());
  for (const std::int32_t person : identity) ++images[static_cast<std::size_t>(person)];
  std::vector<bool> validates;
  for (const std::string& name : names) {
    validates.push_back(split_of(name, kShares) < options.validation * kShares);
  }
  DatasetSplit split;
  for (std::size_t i = 0; i < identity.size(); ++i) {
    const auto person = static_cast<std::size_t>(identity[i]);
    if (images[person] < options.min_images) continue;
    (validates[person] ? split.validation : split.training).push_back(i);
  }
  if (split.training.empty()) {
    fail("no person with {} images is left for training; lower --min-images or --validation",
         options.min_images);
  }
  return split;
}

}  // namespace facenet

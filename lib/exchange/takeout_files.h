#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace facenet {

/// A file of Google Takeout that may tell of a photo.
struct TakeoutFile {
  std::string path;
  /// Its name was cut: it tells of the photo only if it has this title. Empty: it was not.
  std::string title{};
};

/// Finds the JSON that Google Takeout puts beside photos. Of IMG_1.jpg that is IMG_1.jpg.json or
/// IMG_1.jpg.supplemental-metadata.json; of IMG_1(2).jpg the number stands before ".json".
/// IMG_1-edited.jpg, which Takeout gives with IMG_1.jpg, has none of its own but that one's.
/// Takeout cuts such names to 46 characters without ".json", wherever that is. (The names are not
/// documented; they are as Takeout has written them.)
class TakeoutFiles {
 public:
  /// Of the photo at this path, sorted. Each folder is read once; one that cannot be read has none.
  std::vector<TakeoutFile> of(const std::string& photo);

 private:
  std::vector<TakeoutFile> named_after(const std::string& folder, const std::string& name,
                                       std::string_view number);
  const std::vector<std::string>& json_files(const std::string& folder);

  std::map<std::string, std::vector<std::string>> folders_;  ///< names, sorted
};

}  // namespace facenet

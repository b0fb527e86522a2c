#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "report/gather.h"

namespace facenet {

/// A small picture of a photo, or of a frame of a video.
struct PhotoPicture {
  std::string source{};       ///< what <img src> says
  int width = 0, height = 0;  ///< of the picture
};

/// Where the pictures of a report are: files beside the page, or data within it. What is not there
/// could not be read.
struct ReportPictures {
  std::unordered_map<FaceId, std::string> faces{};
  std::map<PictureOfFace, PhotoPicture> photos{};
};

/// Where a page stands.
enum class PagePlace {
  kAlone,   ///< the only one, with all pictures in it
  kTop,     ///< in the report's folder
  kPeople,  ///< in its folder "people"
};

/// The pages of one report.
class ReportPages {
 public:
  ReportPages(const Report& report, const ReportPictures& pictures);

  /// The page with everybody, the lists of what to look at, and the figures; where it stands alone,
  /// with everybody's photos, too.
  std::string index(PagePlace place) const;
  /// The page of one of the people, in the folder "people".
  std::string person(const ReportPerson& person) const;

 private:
  const Report& report_;
  const ReportPictures& pictures_;
  std::unordered_map<PersonId, const ReportPerson*> shown_;
};

/// "people/15.html"
std::string person_file(PersonId person);

}  // namespace facenet

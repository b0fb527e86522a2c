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

/// The page with everybody, the lists of what to look at, and the figures; where it stands alone,
/// with everybody's photos, too.
std::string index_page(const Report& report, const ReportPictures& pictures, PagePlace place);

/// The page of a person, in the folder "people".
std::string person_page(const Report& report, const ReportPerson& person,
                        const ReportPictures& pictures);

/// "people/15.html"
std::string person_file(PersonId person);

}  // namespace facenet

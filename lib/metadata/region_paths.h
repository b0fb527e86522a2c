#pragma once

#include <string>

#include "base/format.h"

namespace facenet {

// Where regions stand in XMP. Internal to lib/metadata.

inline const std::string kMwgDimensions = "mwg-rs:Regions/mwg-rs:AppliedToDimensions";
inline const std::string kMwgList = "mwg-rs:Regions/mwg-rs:RegionList";
inline const std::string kMicrosoftList = "MP:RegionInfo/MPRI:Regions";

inline std::string item_path(const std::string& list, int number) {
  return fmt::format("{}[{}]", list, number);
}

}  // namespace facenet

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metadata/face_region.h"

namespace facenet {

// What is done with the text of XMP. Who has it from a stranger calls photo_xmp.h.

/// The faces that the metadata marks: regions of the Metadata Working Group and of Microsoft's
/// photo programs, one for both where both say the same. Marks of other things (pets, where the
/// camera focused) are left out. Throws Error for what is no XMP.
FaceRegions read_regions(std::string_view xmp);

/// What facenet wants a sidecar to say. The regions have names.
struct SidecarContent {
  int width = 0, height = 0;  ///< of the stored picture, in pixels
  std::vector<FaceRegion> regions;
};

/// The sidecar that says this beside all else that `before` says (empty: nothing): regions of both
/// kinds, and their names as keywords (dc:subject, digiKam's and Lightroom's hierarchical ones
/// under "People") and as Iptc4xmpExt:PersonInImage. What facenet wrote before and does not want
/// any more goes; it knows that by a list of its own in the file. Marks of others stay, and of a
/// face that they mark facenet makes no mark. Returns `before` where there is nothing to change.
/// Throws Error for what is no XMP, and when something else than its own would be changed.
std::string with_regions(std::string_view before, const SidecarContent& content);

}  // namespace facenet

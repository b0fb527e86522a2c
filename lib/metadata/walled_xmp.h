#pragma once

#include <span>
#include <string>
#include <vector>

#include "metadata/xmp_regions.h"

namespace facenet {

// metadata/xmp_regions.h for the bytes of strangers: they are read in a process that can do no harm
// (walls/walled_work.h), some dozens in one. What it says is checked here.

/// XMP from a photo or from a file beside it.
struct XmpSource {
  std::string file;  ///< for messages
  std::string xmp;
};

struct RegionReading {
  FaceRegions regions{};
  std::string error{};  ///< why there are none; empty: they were read
};

/// One a source. Throws Interrupted.
std::vector<RegionReading> read_regions_behind_walls(std::span<const XmpSource> sources);

struct SidecarJob {
  XmpSource before;  ///< empty: there is no sidecar yet
  SidecarContent content;
};

struct SidecarText {
  std::string text{};
  std::string error{};  ///< why there is none; empty: it was made
};

/// with_regions() of each. Throws Interrupted.
std::vector<SidecarText> write_regions_behind_walls(std::span<const SidecarJob> jobs);

}  // namespace facenet

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "exchange/sidecar.h"

namespace facenet {

struct XmpExportOptions {
  std::vector<std::string> paths{};  ///< files and folders; empty: all photos of the catalog
  SidecarStyle style = SidecarStyle::kAppended;
  bool dry_run = false;
  std::function<void(std::int64_t done, std::int64_t all)> progress{};
};

struct XmpExport {
  std::int64_t added = 0, changed = 0, unchanged = 0;  ///< sidecars
  std::int64_t regions = 0;                            ///< that they are to hold
  std::int64_t away = 0;                               ///< photos that are not there now
  std::int64_t videos = 0;  ///< left out: no program reads regions of videos
  std::vector<std::pair<std::string, std::string>> problems{};  ///< path and reason, sorted
  bool interrupted = false;
};

/// Writes the faces of people with names into sidecars, a file beside each photo, as other programs
/// read them (metadata/xmp_regions.h). What a sidecar held before stays in it; what facenet wrote
/// into it and is no longer so goes. Photos are not touched. Each sidecar is written whole or not
/// at all; one that cannot be written is a problem, and the others are. `catalog`: its path. Throws
/// Error as photos_below() does.
XmpExport export_xmp(const std::string& catalog, const XmpExportOptions& options);

}  // namespace facenet

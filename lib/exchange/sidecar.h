#pragma once

#include <optional>
#include <string>
#include <vector>

namespace facenet {

/// How programs call the file beside a photo that holds its metadata.
enum class SidecarStyle {
  kAppended,  ///< photo.jpg.xmp: digiKam, darktable
  kReplaced,  ///< photo.xmp: Lightroom
};

/// The path of the photo's sidecar.
std::string sidecar_path(const std::string& photo, SidecarStyle style);

/// The photo's sidecars that there are, of both styles.
std::vector<std::string> sidecars_of(const std::string& photo);

/// All of the file; nothing where there is none. Throws Error for what is no regular file, a link
/// too, and for more than 16 MiB.
std::optional<std::string> read_sidecar(const std::string& path);

/// Puts the text in the place of `before`, or of no file. Throws Error, also when the file holds
/// something else by now.
void write_sidecar(const std::string& path, const std::optional<std::string>& before,
                   const std::string& text);

}  // namespace facenet

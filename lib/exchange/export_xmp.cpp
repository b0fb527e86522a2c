#include "exchange/export_xmp.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/error.h"
#include "base/interrupt.h"
#include "exchange/photos_below.h"
#include "image/decode.h"
#include "metadata/walled_xmp.h"

namespace facenet {
namespace {

/// Sidecars that are made at a time.
constexpr std::size_t kSidecarsAtATime = 64;

/// What every sidecar that facenet wrote into has.
constexpr const char* kOwnNamespace = "urn:facenet:xmp:1.0:";

/// A sidecar that is to be made of what it was.
struct PendingSidecar {
  std::string path;
  std::optional<std::string> before;
};

class XmpExporter {
 public:
  XmpExporter(const PhotosBelow& photos, const XmpExportOptions& options)
      : photos_(photos), options_(options) {}

  XmpExport run() {
    export_.away = photos_.away;
    export_.videos = photos_.videos;
    count_sidecars();
    std::int64_t done = 0;
    for (const PhotoPlace& place : photos_.places) {
      if (interrupted()) break;
      prepare(place);
      ++done;
      if (jobs_.size() < kSidecarsAtATime) continue;
      if (!write_batch()) break;
      if (options_.progress) options_.progress(done, std::ssize(photos_.places));
    }
    write_batch();
    export_.interrupted = interrupted();
    std::ranges::sort(export_.problems);
    return std::move(export_);
  }

 private:
  void complain(const std::string& path, std::string reason) {
    if (reason.starts_with(path + ": ")) reason.erase(0, path.size() + 2);
    export_.problems.emplace_back(path, std::move(reason));
  }

  /// How many photos would share each: photo.jpg and photo.png have one photo.xmp.
  void count_sidecars() {
    for (const PhotoPlace& place : photos_.places)
      ++photos_of_[sidecar_path(place.path, options_.style)];
  }

  void prepare(const PhotoPlace& place) {
    const std::string path = sidecar_path(place.path, options_.style);
    try {
      const std::vector<FaceRecord> faces = named_faces(place.photo);
      std::optional<std::string> before = read_sidecar(path);
      const bool is_ours = before && before->find(kOwnNamespace) != std::string::npos;
      if (faces.empty() && !is_ours) return;
      if (photos_of_[path] > 1)
        fail("several photos would share it; --style digikam gives each one of its own");
      SidecarContent content = content_of(place, faces);
      export_.regions += std::ssize(content.regions);
      jobs_.push_back(
          {.before = {.file = path, .xmp = before.value_or("")}, .content = std::move(content)});
      pending_.push_back({.path = path, .before = std::move(before)});
    } catch (const DecodeError& error) {
      complain(place.path, error.what());
    } catch (const Error& error) {
      complain(path, error.what());
    }
  }

  std::vector<FaceRecord> named_faces(PhotoId photo) const {
    std::vector<FaceRecord> faces = photos_.faces.at(photo);
    std::erase_if(faces, [&](const FaceRecord& face) { return !photos_.names.contains(face.id); });
    return faces;
  }

  SidecarContent content_of(const PhotoPlace& place, const std::vector<FaceRecord>& faces) const {
    const PhotoFile photo(place.path);
    const bool is_turned = photo.orientation() >= 5;
    SidecarContent content{.width = is_turned ? photo.height() : photo.width(),
                           .height = is_turned ? photo.width() : photo.height(),
                           .regions = {}};
    const double width = photo.width();
    const double height = photo.height();
    for (const FaceRecord& face : faces) {
      // What of the face is in the picture: other programs want no more.
      const auto share = [](float pixels, double edge) {
        return std::clamp(static_cast<double>(pixels) / edge, 0.0, 1.0);
      };
      const double left = share(face.x, width);
      const double top = share(face.y, height);
      content.regions.push_back(to_stored({.name = photos_.names.at(face.id),
                                           .x = left,
                                           .y = top,
                                           .width = share(face.x + face.width, width) - left,
                                           .height = share(face.y + face.height, height) - top},
                                          photo.orientation()));
    }
    return content;
  }

  /// False when a signal came.
  bool write_batch() {
    if (jobs_.empty()) return true;
    std::vector<SidecarText> texts;
    try {
      texts = write_regions_behind_walls(jobs_);
    } catch (const Interrupted&) {
      return false;
    }
    for (std::size_t i = 0; i < texts.size(); ++i) put(pending_[i], texts[i]);
    jobs_.clear();
    pending_.clear();
    return true;
  }

  void put(const PendingSidecar& sidecar, const SidecarText& made) {
    if (!made.error.empty()) return complain(sidecar.path, made.error);
    if (sidecar.before && made.text == *sidecar.before) {
      ++export_.unchanged;
      return;
    }
    try {
      if (!options_.dry_run) write_sidecar(sidecar.path, sidecar.before, made.text);
      ++(sidecar.before ? export_.changed : export_.added);
    } catch (const Error& error) {
      complain(sidecar.path, error.what());
    }
  }

  const PhotosBelow& photos_;
  const XmpExportOptions& options_;
  std::unordered_map<std::string, int> photos_of_;  ///< of each sidecar
  std::vector<SidecarJob> jobs_;
  std::vector<PendingSidecar> pending_;  ///< of each job
  XmpExport export_;
};

}  // namespace

XmpExport export_xmp(const std::string& catalog, const XmpExportOptions& options) {
  const PhotosBelow photos = photos_below(catalog, options.paths);
  return XmpExporter(photos, options).run();
}

}  // namespace facenet

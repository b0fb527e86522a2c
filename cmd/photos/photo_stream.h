#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "pipeline/analyse.h"
#include "pipeline/exclusion.h"

namespace facenet {

/// What `detect`, `align` and `embed --output` do: analyse every photo under `roots` without a
/// catalog and hand each over in the order of the paths. Photos that cannot be read are warned
/// about and handed over too (status kUnreadable); other files are left out, unless they were
/// named, and so is what is excluded, which one line on stderr counts.
struct PhotoStreamResult {
  std::size_t photos = 0, unreadable = 0, faces = 0;
  /// kOk, kNegative when there was no photo or no face (said in one line on stderr), kPartial when
  /// some could not be read, or the status of the signal that came.
  ExitStatus status = ExitStatus::kOk;
};

PhotoStreamResult stream_photos(
    const std::vector<std::string>& roots, const Exclusion& exclusion,
    const AnalyserOptions& options,
    const std::function<void(const std::string& path, PhotoAnalysis& analysis)>& receive);

/// A photo that a command is about, and that cannot be read.
class PhotoError : public Error {
 public:
  using Error::Error;
};

/// For commands about single photos: throws PhotoError, one line that names the photo, unless it
/// could be read.
void require_photo(const std::string& path, const PhotoAnalysis& analysis);
/// The same; throws Error unless it has a face, too.
void require_face(const std::string& path, const PhotoAnalysis& analysis);

/// For commands that look at the largest face alone: says so in one line when there are others, and
/// what to do about them ("--all compares every face").
void say_which_face(const std::string& path, const PhotoAnalysis& analysis,
                    const std::string& others);

}  // namespace facenet

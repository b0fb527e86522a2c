#include "cmd/photos/photo_stream.h"

#include "base/interrupt.h"
#include "base/logging.h"
#include "base/progress.h"
#include "base/text.h"
#include "cmd/common_options.h"
#include "cmd/library_report.h"
#include "cmd/output.h"
#include "cmd/photos/piped_photos.h"
#include "image/skipped.h"
#include "pipeline/scan.h"
#include "pipeline/torch_module.h"

namespace facenet {
namespace {

ExitStatus status_of(const PhotoStreamResult& result, const std::vector<std::string>& roots) {
  if (interrupted()) return interrupt_status();
  if (result.unreadable > 0) return ExitStatus::kPartial;
  if (result.photos == 0) {
    log_error("{}: no photos there; give folders or files with photos", briefly(roots));
    return ExitStatus::kNegative;
  }
  if (result.faces == 0) {
    log_error("{}: no faces in {}; {}", briefly(roots),
              counted(static_cast<long long>(result.photos), "photo"), kFindMoreFaces);
    return ExitStatus::kNegative;
  }
  return ExitStatus::kOk;
}

}  // namespace

PhotoStreamResult stream_photos(
    const std::vector<std::string>& roots, const Exclusion& exclusion,
    const AnalyserOptions& options,
    const std::function<void(const std::string& path, PhotoAnalysis& analysis)>& receive) {
  PipedPhotos piped;
  std::vector<std::string> files;
  for (const std::string& root : roots) files.push_back(piped.file_of(root));
  const ScanResult found = scan(files, exclusion);
  PhotoStreamResult result;
  for (const auto& [path, reason] : found.unreadable) {
    log_warning("{}: {}", path, reason);
    ++result.unreadable;
  }
  std::vector<AnalysisRequest> requests;
  for (const FoundFile& file : found.files) requests.push_back({file.path, std::nullopt});

  std::map<std::string, std::int64_t> skipped;
  if (!requests.empty()) {
    const std::unique_ptr<Analyser> analyser = torch_functions().make_analyser(options);
    Progress progress("files", std::ssize(requests));
    analyse_in_order(*analyser, requests, {}, [&](std::size_t index, PhotoAnalysis&& analysis) {
      using Status = PhotoAnalysis::Status;
      const FoundFile& file = found.files[index];
      const std::string& name = piped.name_of(file.path);
      progress.update(static_cast<std::int64_t>(index) + 1);
      if (analysis.status == Status::kNotPhoto) {
        if (!analysis.skipped.empty()) ++skipped[analysis.skipped];
        if (!file.named || !analysis.skipped.empty()) return true;
        analysis.status = Status::kUnreadable;
        analysis.error = "not a photo";
      }
      ++result.photos;
      if (analysis.status == Status::kUnreadable) {
        ++result.unreadable;
        log_warning("{}: {}", name, analysis.error);
      }
      result.faces += analysis.faces.size();
      clear_progress_line();  // stdout may be the same terminal
      receive(name, analysis);
      return true;
    });
  }
  if (!skipped.empty()) log_info("{}", skipped_text(skipped));
  if (const std::string excluded = excluded_text(found.excluded); !excluded.empty())
    log_info("{}", excluded);
  report_unfollowed(std::ssize(found.unfollowed));
  result.status = status_of(result, roots);
  return result;
}

void require_photo(const std::string& path, const PhotoAnalysis& analysis) {
  using Status = PhotoAnalysis::Status;
  if (analysis.skipped == kSkippedVideo)
    fail<PhotoError>("{}: a video, which this command does not read", path);
  if (!analysis.skipped.empty())
    fail<PhotoError>("{}: a file of the kind {}, which facenet does not read", path,
                     analysis.skipped);
  if (analysis.status == Status::kNotPhoto) fail<PhotoError>("{}: not a photo", path);
  if (analysis.status == Status::kUnreadable) fail<PhotoError>("{}: {}", path, analysis.error);
}

void require_face(const std::string& path, const PhotoAnalysis& analysis) {
  require_photo(path, analysis);
  if (analysis.faces.empty()) fail("{}: no face found; {}, or another photo", path, kFindMoreFaces);
}

void say_which_face(const std::string& path, const PhotoAnalysis& analysis,
                    const std::string& others) {
  if (analysis.faces.size() < 2) return;
  log_info("{}: took the largest of {} faces, {}; {}", path, analysis.faces.size(),
           box_text(analysis.faces.front().box), others);
}

}  // namespace facenet

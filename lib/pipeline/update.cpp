#include "pipeline/update.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/interrupt.h"
#include "catalog/places.h"
#include "image/decode.h"
#include "image/skipped.h"
#include "pipeline/forgotten_faces.h"
#include "pipeline/moved.h"
#include "pipeline/scan.h"
#include "pipeline/store.h"

namespace facenet {
namespace {

using Clock = std::chrono::steady_clock;
using Status = PhotoAnalysis::Status;

/// Stands for the time of a file whose failure may go away without the file changing.
constexpr std::int64_t kTryAgain = -1;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

PathRecord record_of(const FoundFile& file) {
  return {.path = file.path, .size = file.size, .mtime_ns = file.mtime_ns};
}

/// The path without the name's extension.
std::string stem_of(const std::string& path) {
  const std::size_t dot = path.find_last_of("./");
  return dot == std::string::npos || path[dot] != '.' ? path : path.substr(0, dot);
}

class Updater {
 public:
  Updater(Catalog& catalog, const AnalyserOptions& options, const AnalyserFactory& make_analyser,
          const Exclusion& exclusion, bool redetect, std::chrono::nanoseconds settle)
      : catalog_(catalog),
        options_(options),
        make_analyser_(make_analyser),
        exclusion_(exclusion),
        redetect_(redetect),
        settle_(settle) {}

  LibraryUpdate run(const std::vector<std::string>& roots);

 private:
  /// A file to analyse, or a photo whose faces lack vectors of this model.
  struct Job {
    FoundFile file;
    std::optional<PathRecord> before;
    std::vector<FaceId> known_faces;  ///< of a photo that only needs vectors
  };

  void settle_properties();
  void compare(const ScanResult& found);
  bool is_being_written(const FoundFile& file) const;
  void compare_file(const FoundFile& file);
  void mark_missing(const ScanResult& found);
  void add_photos_without_vectors(const std::vector<std::string>& roots);
  void redetect();
  void analyse();
  const Analyser& analyser();
  void store(const Job& job, const PhotoAnalysis& analysis);
  void store_missing_vectors(const Job& job, const PhotoAnalysis& analysis);
  bool leave_out(const Job& job, const PhotoAnalysis& analysis, const PathRecord& record);
  void store_photo(const Job& job, const PhotoAnalysis& analysis, PathRecord& record);
  void count_forgotten_faces(const ScanResult& found);
  void count_missing(const std::vector<std::string>& roots);
  void count_without_faces(const ScanResult& found);
  void report_problem(const std::string& path, const std::string& reason);
  void report_unreadable(const std::optional<PathRecord>& before, const PathRecord& now);

  Catalog& catalog_;
  const AnalyserOptions& options_;
  const AnalyserFactory& make_analyser_;
  const Exclusion& exclusion_;
  const bool redetect_;  ///< where the detector is another than the catalog's
  const std::chrono::nanoseconds settle_;
  std::unique_ptr<Analyser> analyser_;
  std::optional<std::string> detector_;  ///< of the catalog, as this run has settled it
  LibraryUpdate update_;
  std::unordered_map<std::string, PathRecord> known_paths_;
  std::unordered_set<std::string> beside_photos_;  ///< paths of photos without their extension
  std::optional<MovedPhotos> moved_;
  ForgottenList forgotten_;
  std::vector<Job> jobs_;
  std::vector<AnalysisRequest> requests_;
};

LibraryUpdate Updater::run(const std::vector<std::string>& roots) {
  const auto start = Clock::now();
  require_not_moved(catalog_, roots);
  const ScanResult found = scan(roots, exclusion_);
  update_.excluded = found.excluded;
  update_.unfollowed_links = std::ssize(found.unfollowed);
  {
    Catalog::Transaction transaction(catalog_);
    settle_properties();
    forgotten_ = catalog_.forgotten();
    for (PathRecord& record : catalog_.paths()) {
      std::string path = record.path;
      known_paths_.emplace(std::move(path), std::move(record));
    }
    compare(found);
    transaction.commit();
  }
  update_.scan_seconds = seconds_since(start);

  const auto analysis_start = Clock::now();
  analyse();
  redetect();  // by now it is known where photos are that were moved
  update_.embed_seconds = seconds_since(analysis_start);
  count_missing(found.roots);
  count_without_faces(found);
  count_forgotten_faces(found);
  update_.scanned =
      update_.fresh + update_.changed + update_.unchanged + update_.moved + update_.unreadable;
  update_.interrupted = interrupted();
  std::sort(update_.problems.begin(), update_.problems.end());
  std::sort(update_.known_problems.begin(), update_.known_problems.end());
  return update_;
}

void Updater::settle_properties() {
  settle_detector(catalog_, options_.detector, redetect_);
  detector_ = catalog_.property("detector");
  update_.model = catalog_.put_model(
      model_record(describe_embedder(*options_.embedder), options_.embedder->flip));
}

void Updater::compare(const ScanResult& found) {
  moved_.emplace(catalog_, known_paths_);
  if (options_.videos)
    for (const auto* files : {&found.files, &found.of_other_shards})
      for (const FoundFile& file : *files)
        if (has_photo_extension(file.path)) beside_photos_.insert(stem_of(file.path));
  for (const FoundFile& file : found.files) compare_file(file);
  // Each question goes through the whole catalog, and a list of paths may name thousands.
  constexpr std::size_t kFew = 20;
  const bool asks = found.unreadable.size() <= kFew;
  for (const auto& [path, reason] : found.unreadable) {
    const std::string moved = asks ? where_moved(catalog_, path) : "";
    report_problem(path, moved.empty() ? reason : moved);
  }
  if (!interrupted()) mark_missing(found);  // an unfinished scan says nothing about absence
  add_photos_without_vectors(found.roots);
}

/// A time to come says nothing: the clock that wrote it goes otherwise.
bool Updater::is_being_written(const FoundFile& file) const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::chrono::nanoseconds age = now - std::chrono::nanoseconds(file.mtime_ns);
  return age >= std::chrono::nanoseconds{0} && age < settle_;
}

void Updater::compare_file(const FoundFile& file) {
  if (is_being_written(file)) {
    ++update_.waiting;
    return;
  }
  const auto known = known_paths_.find(file.path);
  if (known == known_paths_.end()) {
    if (forgotten_.holds(record_of(file)))
      ++update_.forgotten;
    else
      jobs_.push_back({file, std::nullopt, {}});
    return;
  }
  PathRecord& record = known->second;
  // A failure that is kept as final may come from a version that kept all of them so.
  if (record.size != file.size || record.mtime_ns != file.mtime_ns ||
      may_be_tried_again(record.error) || (options_.videos && record.skipped == kSkippedVideo)) {
    jobs_.push_back({file, record, {}});
    return;
  }
  if (record.missing) {
    catalog_.set_missing(file.path, false);
    record.missing = false;
  }
  if (record.photo) {
    moved_->note_present(*record.photo, file.path);
    ++update_.unchanged;
  } else if (!record.error.empty()) {
    report_unreadable(record, record);
  } else if (!record.skipped.empty()) {
    ++update_.skipped[record.skipped];
  }
}

void Updater::mark_missing(const ScanResult& found) {
  PathSet roots, not_seen;
  for (const std::string& root : found.roots) roots.add(root);
  for (const auto& [path, reason] : found.unreadable) not_seen.add(path);
  for (const std::string& path : found.unfollowed) not_seen.add(path);
  const auto find = [](const std::vector<FoundFile>& files, const std::string& path) {
    const auto at = std::ranges::lower_bound(files, path, {}, &FoundFile::path);
    return at != files.end() && at->path == path ? &*at : nullptr;
  };
  for (auto& [path, record] : known_paths_) {
    if (find(found.files, path) != nullptr) continue;
    // What an earlier run took for another shard stays, unless the file is another by now.
    if (const FoundFile* file = find(found.of_other_shards, path);
        file != nullptr && file->size == record.size && file->mtime_ns == record.mtime_ns)
      continue;
    if (!roots.covers(path) || not_seen.covers(path) ||
        is_excluded(path, found.roots, exclusion_)) {
      continue;
    }
    moved_->note_gone(record);
  }
}

void Updater::add_photos_without_vectors(const std::vector<std::string>& roots) {
  const auto wanting = catalog_.photos_not_comparable(update_.model);
  if (wanting.empty()) return;
  const Places places(catalog_);
  for (const PhotoId photo : wanting) {
    if (catalog_.is_outdated(photo)) continue;
    const auto all = places.of(photo);
    const auto place = std::find_if(all.begin(), all.end(), [&](const PathRecord& path) {
      return !path.missing && !is_excluded(path.path, roots, exclusion_);
    });
    FoundFile file;
    if (place == all.end() || !stat_file(place->path, file)) continue;
    Job job{std::move(file), *place, {}};
    for (const FaceRecord& face : catalog_.faces_of(photo)) job.known_faces.push_back(face.id);
    jobs_.push_back(std::move(job));
  }
}

void Updater::redetect() {
  Redetector redetector(catalog_, update_.model, detector_);
  if (redetector.has_work() && !interrupted()) redetector.run(analyser());
  update_.redetection = redetector.result();
  update_.embedded += update_.redetection.embedded;
  for (const auto& [path, reason] : update_.redetection.problems) report_problem(path, reason);
}

const Analyser& Updater::analyser() {
  if (!analyser_) analyser_ = make_analyser_(options_);
  return *analyser_;
}

void Updater::analyse() {
  if (jobs_.empty() || interrupted()) return;
  // By path, so that faces get the same numbers whatever the order of the roots.
  std::sort(jobs_.begin(), jobs_.end(),
            [](const Job& a, const Job& b) { return a.file.path < b.file.path; });
  std::set<Sha256> done;
  for (const PhotoRecord& photo : catalog_.photos()) done.insert(photo.sha256);
  for (const PhotoId photo : catalog_.photos_not_comparable(update_.model)) {
    done.erase(catalog_.photo(photo).sha256);
  }
  using Videos = AnalysisRequest::Videos;
  const Videos videos = options_.videos             ? Videos::kRead
                        : catalog_.videos().empty() ? Videos::kSkip
                                                    : Videos::kSkipUnknown;
  for (const Job& job : jobs_) {
    AnalysisRequest request{.path = job.file.path,
                            .videos = videos,
                            .is_beside_photo = beside_photos_.contains(stem_of(job.file.path))};
    if (!job.known_faces.empty()) {
      request.known_faces = faces_known_of(catalog_, *job.before->photo);
      request.videos = Videos::kRead;
    }
    requests_.push_back(std::move(request));
  }

  analyse_and_store(
      catalog_, detector_, analyser(), requests_,
      [&](const Sha256& sha256) { return done.contains(sha256) || forgotten_.holds(sha256); },
      [&](std::size_t index, const PhotoAnalysis& analysis) {
        store(jobs_[index], analysis);
        return update_.embedded;
      });
}

void Updater::store(const Job& job, const PhotoAnalysis& analysis) {
  if (analysis.status == Status::kStopped) return;
  if (!job.known_faces.empty()) return store_missing_vectors(job, analysis);
  PathRecord record = record_of(job.file);
  switch (analysis.status) {
    case Status::kNotPhoto:
      record.skipped = analysis.skipped;
      if (!record.skipped.empty()) {
        ++update_.skipped[record.skipped];
      } else if (job.file.named) {
        record.error = "not a photo";
      }
      break;
    case Status::kStopped:
      break;
    case Status::kUnreadable:
      record.error = analysis.error;
      if (analysis.transient) record.mtime_ns = kTryAgain;
      break;
    case Status::kKnown:
    case Status::kAnalysed:
      if (leave_out(job, analysis, record)) return;
      store_photo(job, analysis, record);
      break;
  }
  if (!record.error.empty()) report_unreadable(job.before, record);
  catalog_.put_path(record);
}

/// Asks the catalog: another process may have forgotten the photo since it was looked at.
bool Updater::leave_out(const Job& job, const PhotoAnalysis& analysis, const PathRecord& record) {
  const bool is_forgotten = catalog_.is_forgotten(analysis.sha256);
  if (is_forgotten) {
    if (job.before) catalog_.remove_path(record.path);
    catalog_.note_forgotten_file(analysis.sha256, record);
    ++update_.forgotten;
  }
  // Or it was forgotten when it was looked at, and no longer is: for the next run.
  return is_forgotten ||
         (analysis.status == Status::kKnown && !catalog_.find_photo(analysis.sha256));
}

void Updater::store_photo(const Job& job, const PhotoAnalysis& found, PathRecord& record) {
  const PhotoAnalysis analysis = without_forgotten(catalog_, {}, found);
  const auto known = catalog_.find_photo(analysis.sha256);
  if (known) {
    record.photo = known;
  } else {
    std::vector<FaceRecord> faces;
    for (const Face& face : analysis.faces) faces.push_back(to_record(face));
    std::vector<FaceId> ids;
    record.photo = catalog_.add_photo({.id = 0,
                                       .sha256 = analysis.sha256,
                                       .format = analysis.format,
                                       .width = analysis.width,
                                       .height = analysis.height,
                                       .moment = moment_of(analysis),
                                       .duration_ms = analysis.duration_ms},
                                      faces, &ids);
    update_.embedded += store_vectors(catalog_, update_.model, ids, analysis);
    if (analysis.duration_ms) store_company(catalog_, *record.photo, ids, analysis.faces);
  }
  if (job.before && job.before->skipped.empty()) {
    if (known) moved_->note_present(*known, record.path);
    ++(job.before->photo == record.photo ? update_.unchanged : update_.changed);
  } else {
    ++(known && moved_->takes_a_place(*known, record.path) ? update_.moved : update_.fresh);
  }
}

void Updater::store_missing_vectors(const Job& job, const PhotoAnalysis& analysis) {
  if (analysis.status == Status::kUnreadable) {
    report_problem(job.file.path, analysis.error);
  } else if (catalog_.find_photo(analysis.sha256) == job.before->photo &&
             are_faces_of(catalog_, *job.before->photo, analysis.faces)) {
    catalog_.put_moment(*job.before->photo, moment_of(analysis));
    update_.embedded += store_vectors(catalog_, update_.model, job.known_faces, analysis);
  }  // else the file is another by now; the next run will see
}

void Updater::count_missing(const std::vector<std::string>& roots) {
  PathSet looked_at;
  for (const std::string& root : roots) looked_at.add(root);
  std::map<PhotoId, std::pair<bool, bool>> photos;  // missed below a root, present somewhere
  for (const PathRecord& record : catalog_.paths()) {
    if (!record.photo) continue;
    auto& [below, present] = photos[*record.photo];
    present |= !record.missing;
    below |= record.missing && !is_excluded(record.path, roots, exclusion_) &&
             looked_at.covers(record.path);
  }
  update_.missing = std::count_if(photos.begin(), photos.end(), [](const auto& entry) {
    return entry.second.first && !entry.second.second;
  });
}

void Updater::count_without_faces(const ScanResult& found) {
  const auto photos = catalog_.photos_without_faces();
  std::set<std::string> paths;
  for (const PathRecord& record : catalog_.paths())
    if (record.photo && std::ranges::binary_search(photos, *record.photo))
      paths.insert(record.path);
  update_.without_faces = std::ranges::count_if(
      found.files, [&](const FoundFile& file) { return paths.contains(file.path); });
}

/// Of photos that were scanned; without folders, when all are looked at, of all that are there.
void Updater::count_forgotten_faces(const ScanResult& found) {
  const ForgottenList list = catalog_.forgotten();
  if (list.places.empty()) return;
  std::set<PhotoId> photos;
  for (const PathRecord& record : catalog_.paths()) {
    const bool is_seen = found.roots.empty() ? !record.missing
                                             : std::ranges::binary_search(found.files, record.path,
                                                                          {}, &FoundFile::path);
    if (record.photo && is_seen) photos.insert(*record.photo);
  }
  for (const PhotoId photo : photos)
    update_.forgotten_faces += list.count_faces(catalog_.photo(photo).sha256);
}

void Updater::report_problem(const std::string& path, const std::string& reason) {
  update_.problems.emplace_back(path, reason);
}

/// Trouble is new when it was not there before, or for another reason.
void Updater::report_unreadable(const std::optional<PathRecord>& before, const PathRecord& now) {
  ++update_.unreadable;
  const bool is_known = before && before->error == now.error;
  (is_known ? update_.known_problems : update_.problems).emplace_back(now.path, now.error);
}

}  // namespace

LibraryUpdate update_library(Catalog& catalog, const std::vector<std::string>& roots,
                             const AnalyserOptions& options, const AnalyserFactory& make_analyser,
                             const Exclusion& exclusion, bool redetect,
                             std::chrono::nanoseconds settle) {
  options.validate();
  return Updater(catalog, options, make_analyser, exclusion, redetect, settle).run(roots);
}

}  // namespace facenet

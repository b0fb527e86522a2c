#include "pipeline/upgrade_vectors.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "base/error.h"
#include "base/interrupt.h"
#include "catalog/places.h"
#include "pipeline/store.h"

namespace facenet {
namespace {

/// The photos whose faces lack vectors, and where they are.
class VectorUpgrader {
 public:
  VectorUpgrader(Catalog& catalog, const AnalyserOptions& options)
      : catalog_(catalog), options_(options) {}

  VectorUpgrade run(const AnalyserFactory& make_analyser);

 private:
  void find_photos();
  std::int64_t store(PhotoId photo, const std::string& path, const PhotoAnalysis& analysis);
  void count_faces();

  Catalog& catalog_;
  const AnalyserOptions& options_;
  ModelId model_ = 0;
  std::vector<PhotoId> photos_;  ///< of each request
  std::vector<AnalysisRequest> requests_;
  VectorUpgrade upgrade_;
};

void VectorUpgrader::find_photos() {
  const Places places(catalog_);
  std::vector<PhotoId> wanted = catalog_.photos_without_embeddings(model_);
  for (const auto& known_by_half :
       {catalog_.photos_without_evidence(model_), catalog_.photos_without_moment()})
    wanted.insert(wanted.end(), known_by_half.begin(), known_by_half.end());
  std::ranges::sort(wanted);
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  for (const PhotoId photo : wanted) {
    const PathRecord* const place = places.on_disk(photo);
    if (place == nullptr) continue;
    requests_.push_back({.path = place->path,
                         .known_faces = faces_known_of(catalog_, photo),
                         .videos = AnalysisRequest::Videos::kRead});
    photos_.push_back(photo);
  }
}

std::int64_t VectorUpgrader::store(PhotoId photo, const std::string& path,
                                   const PhotoAnalysis& analysis) {
  if (analysis.status == PhotoAnalysis::Status::kStopped) return upgrade_.embedded;
  const bool same = catalog_.find_photo(analysis.sha256) == photo;
  if (analysis.status == PhotoAnalysis::Status::kAnalysed && same) {
    if (!are_faces_of(catalog_, photo, analysis.faces)) return upgrade_.embedded;
    std::vector<FaceId> faces;
    for (const FaceRecord& face : catalog_.faces_of(photo)) faces.push_back(face.id);
    const std::int64_t embedded = store_vectors(catalog_, model_, faces, analysis);
    catalog_.put_moment(photo, moment_of(analysis));
    upgrade_.embedded += embedded;
    upgrade_.assessed += std::ssize(faces) - embedded;
  } else {
    const bool readable = analysis.status != PhotoAnalysis::Status::kUnreadable;
    upgrade_.problems.emplace_back(
        path, readable ? "is another file than before; `facenet cluster` looks at it anew"
                       : analysis.error);
  }
  return upgrade_.embedded;
}

/// Those that still lack a vector: of photos that are there, and of photos that are not.
void VectorUpgrader::count_faces() {
  const std::set<PhotoId> there(photos_.begin(), photos_.end());
  for (const PhotoId photo : catalog_.photos_without_embeddings(model_))
    (there.contains(photo) ? upgrade_.left : upgrade_.missing) +=
        std::ssize(catalog_.faces_of(photo));
}

VectorUpgrade VectorUpgrader::run(const AnalyserFactory& make_analyser) {
  const auto start = std::chrono::steady_clock::now();
  {
    Catalog::Transaction transaction(catalog_);
    settle_detector(catalog_, options_.detector);
    const EmbedderOptions& embedder = *options_.embedder;
    model_ = catalog_.put_model(model_record(describe_embedder(embedder), embedder.flip));
    transaction.commit();
  }
  find_photos();
  const auto detector = catalog_.property("detector");
  if (!requests_.empty() && !interrupted())
    analyse_and_store(catalog_, detector, *make_analyser(options_), requests_, {},
                      [&](std::size_t index, const PhotoAnalysis& analysis) {
                        return store(photos_[index], requests_[index].path, analysis);
                      });
  count_faces();
  std::sort(upgrade_.problems.begin(), upgrade_.problems.end());
  upgrade_.interrupted = interrupted();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  upgrade_.seconds = elapsed.count();
  return upgrade_;
}

}  // namespace

VectorUpgrade upgrade_vectors(Catalog& catalog, const AnalyserOptions& options,
                              const AnalyserFactory& make_analyser) {
  options.validate();
  return VectorUpgrader(catalog, options).run(make_analyser);
}

}  // namespace facenet

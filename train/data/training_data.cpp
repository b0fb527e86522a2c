#include "train/data/training_data.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <ranges>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/progress.h"
#include "base/text.h"
#include "pipeline/scan.h"
#include "pipeline/torch_module.h"
#include "train/data/chip_cache_writer.h"
#include "train/eval/face_vectors.h"

namespace facenet {
namespace {

/// What still counts as a face in a photo of a data set that surely shows one.
DetectorOptions undemanding(DetectorOptions detector) {
  detector.min_face = 0;
  detector.min_face_pixels = std::min(detector.min_face_pixels, 12);
  detector.score = std::min(detector.score, 0.5);
  return detector;
}

/// Looks at photos once more, with an undemanding detector, where the first finds nothing.
class PatientAnalyser final : public Analyser {
 public:
  explicit PatientAnalyser(AnalyserOptions options)
      : first_(torch_functions().make_analyser(options)) {
    options.detector = undemanding(options.detector);
    second_ = torch_functions().make_analyser(options);
  }

  const AnalyserOptions& options() const override { return first_->options(); }
  void set_compute_threads(int threads) const override { first_->set_compute_threads(threads); }

  std::vector<PhotoAnalysis> analyse(
      std::span<const AnalysisRequest> requests,
      const std::function<bool(const Sha256&)>& is_known) const override {
    std::vector<PhotoAnalysis> photos = first_->analyse(requests, is_known);
    std::vector<AnalysisRequest> again;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < photos.size(); ++i) {
      if (photos[i].status != PhotoAnalysis::Status::kAnalysed || !photos[i].faces.empty())
        continue;
      again.push_back(requests[i]);
      places.push_back(i);
    }
    std::vector<PhotoAnalysis> found = second_->analyse(again, is_known);
    for (std::size_t i = 0; i < found.size(); ++i) photos[places[i]] = std::move(found[i]);
    return photos;
  }

  std::vector<float> embed(std::span<const Image> chips) const override {
    return first_->embed(chips);
  }

 private:
  std::unique_ptr<Analyser> first_, second_;
};

AnalyserOptions for_chips(AnalyserOptions options, const ChipGeometry& geometry) {
  options.embedder.reset();
  options.alignment = geometry.alignment;
  options.chip_size = geometry.edge;
  options.chip_margin = geometry.margin;
  options.keep_chips = true;
  options.hash = true;
  return options;
}

/// All that the chips of a photo depend on besides its bytes and the geometry.
std::string settings_of(const AnalyserOptions& options) {
  return fmt::format("{}, then {}; at most {} pixels", detector_fingerprint(options.detector),
                     detector_fingerprint(undemanding(options.detector)),
                     options.decode.max_pixels);
}

/// A photo that is not there has size and time 0; the analyser will say so.
SourceFile source_of(const std::string& path) {
  FoundFile file;
  if (!stat_file(path, file)) return {path, 0, 0};
  return {path, file.size, file.mtime_ns};
}

/// The cache at `path` when it is of these settings; nothing when there is none.
std::optional<ChipCache> open_cache(const std::string& path, const ChipGeometry& geometry,
                                    const std::string& settings) {
  if (!file_exists(path)) return std::nullopt;
  ChipCache cache(path);
  if (cache.geometry() != geometry || cache.settings() != settings) return std::nullopt;
  return cache;
}

bool is_of(const ChipCache& cache, const std::vector<LabelledImage>& images,
           const std::vector<SourceFile>& sources) {
  return std::ranges::equal(cache.images(), std::views::iota(std::size_t{0}, images.size()),
                            [&](const ChipImage& cached, std::size_t i) {
                              return cached.identity == images[i].identity &&
                                     cached.record.source == sources[i];
                            });
}

/// Takes over what a cache of other photos knows of these.
void take_over(const ChipCache& cache, const std::vector<SourceFile>& sources,
               ChipCacheWriter& writer) {
  std::map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < cache.images().size(); ++i) {
    known.emplace(cache.images()[i].record.source.path, i);
  }
  for (const SourceFile& source : sources) {
    const auto found = known.find(source.path);
    if (found == known.end() || writer.has(source)) continue;
    if (cache.images()[found->second].record.source == source) {
      writer.add_from(cache, found->second);
    }
  }
}

void add(ChipCacheWriter& writer, const SourceFile& source, const PhotoAnalysis& photo) {
  if (photo.status != PhotoAnalysis::Status::kAnalysed) {
    const bool other = photo.status == PhotoAnalysis::Status::kNotPhoto;
    writer.add_unreadable(source, other ? "not a photo" : photo.error);
  } else if (photo.faces.empty()) {
    writer.add_without_face(source);
  } else {
    writer.add_chip(source, photo.sha256, photo.chips[most_central(photo)]);
  }
}

/// Adds the photos that the writer lacks. Ends early after a signal.
void cut_missing(const std::vector<SourceFile>& sources, const AnalyserOptions& options,
                 ChipCacheWriter& writer) {
  std::vector<AnalysisRequest> requests;
  std::vector<const SourceFile*> missing;
  for (const SourceFile& source : sources) {
    if (writer.has(source)) continue;
    requests.push_back({source.path, std::nullopt});
    missing.push_back(&source);
  }
  if (requests.empty()) return;
  const PatientAnalyser analyser(options);
  Progress progress("photos", std::ssize(requests));
  std::int64_t without_chip = 0;
  analyse_in_order(analyser, requests, {}, [&](std::size_t i, PhotoAnalysis&& photo) {
    add(writer, *missing[i], photo);
    without_chip += photo.chips.empty();
    progress.update(static_cast<std::int64_t>(i) + 1,
                    fmt::format("{} without a face", with_thousands(without_chip)));
    return true;
  });
}

}  // namespace

std::string prepare_chips(const std::vector<LabelledImage>& images, const ChipGeometry& geometry,
                          const AnalyserOptions& options, const std::string& cache_path) {
  const AnalyserOptions cutting = for_chips(options, geometry);
  const std::string settings = settings_of(cutting);
  std::vector<LabelledImage> sorted = images;
  sort_by_identity(sorted);
  std::vector<SourceFile> sources;
  for (const LabelledImage& image : sorted) sources.push_back(source_of(image.path));

  const auto old = open_cache(cache_path, geometry, settings);
  if (old && is_of(*old, sorted, sources)) return cache_path;
  ChipCacheWriter writer(cache_path, geometry, settings);
  if (old) take_over(*old, sources, writer);
  cut_missing(sources, cutting, writer);
  if (interrupted()) {
    const auto done = std::ranges::count_if(sources, [&](const auto& s) { return writer.has(s); });
    log_warning(
        "stopped; the faces of {} of {} photos are kept in {}.partial, and the same command goes "
        "on from there",
        with_thousands(done), with_thousands(std::ssize(sources)), cache_path);
    return {};
  }
  writer.finish(std::move(sorted));
  return cache_path;
}

}  // namespace facenet

#include "test/pipeline/text_photos.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "weights/safetensors.h"

namespace facenet {
namespace {

/// What stands in for the networks.
class TextAnalyser : public Analyser {
 public:
  /// Counts the photos that it looks at.
  TextAnalyser(AnalyserOptions options, std::atomic<int>& looked_at)
      : options_(std::move(options)), looked_at_(looked_at) {}

  const AnalyserOptions& options() const override { return options_; }
  void set_compute_threads(int) const override {}
  std::vector<PhotoAnalysis> analyse(
      std::span<const AnalysisRequest> requests,
      const std::function<bool(const Sha256&)>& is_known) const override {
    std::vector<PhotoAnalysis> analyses;
    for (const AnalysisRequest& request : requests) {
      PhotoAnalysis analysis;
      analysis.sha256 = sha256_of_file(request.path);
      const bool known = is_known && is_known(analysis.sha256);
      analysis.status = known ? PhotoAnalysis::Status::kKnown : PhotoAnalysis::Status::kAnalysed;
      if (!known) look(request, analysis);
      analyses.push_back(std::move(analysis));
    }
    return analyses;
  }
  std::vector<float> embed(std::span<const Image>) const override {
    throw std::logic_error("nothing here has chips");
  }

 private:
  void look(const AnalysisRequest& request, PhotoAnalysis& analysis) const {
    ++looked_at_;
    analysis.format = "text";
    analysis.width = analysis.height = 1000;
    analysis.faces = request.known_faces ? *request.known_faces : faces_in(request.path);
    for (const Face& face : analysis.faces) {
      const float angle = face.landmarks[0].x / 100;
      analysis.embeddings.push_back(std::cos(angle));
      analysis.embeddings.push_back(std::sin(angle));
      analysis.evidence.push_back({.length = 3, .sharpness = 0.3});
    }
    std::ifstream text(request.path);
    if (text.get() == '!') {
      analysis.status = PhotoAnalysis::Status::kUnreadable;
      analysis.error = "is broken";
    }
  }
  std::vector<Face> faces_in(const std::string& path) const {
    std::vector<Face> faces;
    std::ifstream text(path);
    float score = 0, x = 0, y = 0;
    while (text >> score >> x >> y) {
      if (static_cast<double>(score) < options_.detector.score) continue;
      if (options_.detector.detector == "hog") x += 4;
      faces.push_back({.box = {x, y, 40, 40}, .score = score, .landmarks = {}});
      for (Point& point : faces.back().landmarks) point = {x + 20, y + 20};
    }
    return faces;
  }

  AnalyserOptions options_;
  std::atomic<int>& looked_at_;
};

}  // namespace

TextPhotosTest::TextPhotosTest() {
  ModelInfo info;
  info.name = "m";
  info.kind = "embedder";
  info.network = "graph";
  info.channels = 3;
  info.height = info.width = 8;
  info.embedding = 2;
  info.alignment = "arcface-112";
  const std::string weights = folder_.path("m.safetensors");
  write_safetensors(weights, {}, {{"facenet", to_json(info).dump()}}, true);
  options_.embedder.emplace().model = weights;
  options_.threads = 2;
}

std::string TextPhotosTest::write_photo(const std::string& name, const std::string& faces) const {
  std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
  return folder_.write(name, faces);
}

LibraryUpdate TextPhotosTest::update(Catalog& catalog, const std::vector<std::string>& roots,
                                     bool redetect) const {
  std::vector<std::string> paths;
  for (const std::string& root : roots) paths.push_back(path(root));
  const auto make_analyser = [&](const AnalyserOptions& options) {
    if (meanwhile_) meanwhile_();
    return std::make_unique<TextAnalyser>(options, looked_at_);
  };
  return update_library(catalog, paths, options_, make_analyser, {}, redetect, settle_);
}

std::vector<std::pair<std::string, bool>> TextPhotosTest::paths() const {
  std::vector<std::pair<std::string, bool>> paths;
  for (const PathRecord& record : catalog_.paths())
    paths.emplace_back(record.path.substr(folder_.path().size() + 1), record.missing);
  return paths;
}

}  // namespace facenet

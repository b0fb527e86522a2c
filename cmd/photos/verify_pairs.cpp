#include "cmd/photos/verify_pairs.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <unordered_map>

#include "base/csv.h"
#include "base/distance.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/progress.h"
#include "base/text.h"
#include "cmd/output.h"
#include "cmd/photos/photo_stream.h"
#include "library/library.h"
#include "pipeline/torch_module.h"

namespace facenet {
namespace {

struct PhotoPair {
  std::string a, b;
};

/// What is kept of a photo: its largest face, or why there is none.
struct LargestFace {
  Face face;
  std::vector<float> vector;
  std::size_t face_count = 0;  ///< of its photo
  std::string error;           ///< with the path
};

/// Photos are named from the folder of the list, as those of `facenet train`.
std::vector<PhotoPair> read_pairs(const std::string& list) {
  namespace fs = std::filesystem;
  const std::string name = list == "-" ? "standard input" : list;
  const fs::path folder = list == "-" ? "" : fs::path(list).parent_path();
  CsvReader reader(read_all(list), name);
  std::vector<PhotoPair> pairs;
  while (const auto fields = reader.next()) {
    if (fields->size() != 2) {
      fail("{}: line {} should hold two photos, a,b", name, reader.line());
    }
    if (pairs.empty() && *fields == std::vector<std::string>{"a", "b"}) continue;  // a header
    pairs.push_back({(folder / (*fields)[0]).string(), (folder / (*fields)[1]).string()});
  }
  return pairs;
}

class LargestFaces {
 public:
  explicit LargestFaces(const std::vector<PhotoPair>& pairs) {
    for (const PhotoPair& pair : pairs) {
      for (const std::string* photo : {&pair.a, &pair.b}) {
        if (numbers_.emplace(*photo, requests_.size()).second)
          requests_.push_back({*photo, std::nullopt});
      }
    }
  }

  void analyse(const AnalyserOptions& options) {
    const auto analyser = torch_functions().make_analyser(options);
    const auto dimension =
        static_cast<std::size_t>(describe_embedder(*options.embedder).info.embedding);
    Progress progress("photos", std::ssize(requests_));
    analyse_in_order(*analyser, requests_, {}, [&](std::size_t i, PhotoAnalysis&& analysis) {
      progress.update(static_cast<std::int64_t>(i) + 1);
      LargestFace& largest = faces_.emplace_back();
      try {
        require_face(requests_[i].path, analysis);
        say_which_face(requests_[i].path, analysis, "the others are not compared");
        largest.face = analysis.faces.front();
        largest.face_count = analysis.faces.size();
        largest.vector.assign(analysis.embeddings.begin(),
                              analysis.embeddings.begin() + static_cast<std::ptrdiff_t>(dimension));
      } catch (const Error& error) {
        largest.error = error.what();
        log_warning("{}", error.what());
      }
      return true;
    });
    stop_if_interrupted();  // then photos may be missing
  }

  const LargestFace& of(const std::string& photo) const { return faces_[numbers_.at(photo)]; }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<AnalysisRequest> requests_;
  std::vector<LargestFace> faces_;
};

struct PairResult {
  const PhotoPair& pair;
  const LargestFace &a, &b;
  std::string error;
  bool same = false;
  double distance = 0, threshold = 0, probability = 0;
};

Json side_json(const std::string& photo, const LargestFace& face) {
  Json json;
  set_photo(json, photo);
  if (!face.error.empty()) return json;
  json.update(face_json(face.face));
  json["face_count"] = face.face_count;
  return json;
}

Json result_json(const PairResult& result) {
  Json json;
  if (result.error.empty()) {
    json = {{"same", result.same},
            {"distance", result.distance},
            {"threshold", result.threshold},
            {"probability", probability_json(result.probability)}};
  } else {
    json = {{"error", to_valid_utf8(result.error)}};
  }
  json["a"] = side_json(result.pair.a, result.a);
  json["b"] = side_json(result.pair.b, result.b);
  return json;
}

void print_csv(const PairResult& r) {
  const std::string photos = fmt::format("{},{}", csv_field(r.pair.a), csv_field(r.pair.b));
  if (r.error.empty()) {
    std::cout << fmt::format("{},{},{:.6f},{:.6f},\n", photos, r.same ? "same" : "different",
                             r.distance, r.probability);
  } else {
    std::cout << fmt::format("{},,,,{}\n", photos, csv_field(r.error));
  }
}

void print_text(const PairResult& r) {
  std::cout << fmt::format("{}\t{}\t", escape_control(r.pair.a), escape_control(r.pair.b));
  if (r.error.empty()) {
    std::cout << fmt::format("{}: distance {:.3f}{}\n", r.same ? "same person" : "different people",
                             r.distance, probability_text(r.probability));
  } else {
    std::cout << "not compared\n";
  }
}

PairResult compare(const PhotoPair& pair, const LargestFaces& faces, const OperatingPoint& point,
                   double threshold) {
  PairResult result{.pair = pair, .a = faces.of(pair.a), .b = faces.of(pair.b), .error = {}};
  result.error = result.a.error.empty() ? result.b.error : result.a.error;
  if (!result.error.empty()) return result;
  result.distance = squared_distance(result.a.vector, result.b.vector);
  result.threshold = threshold;
  result.same = result.distance <= threshold;
  result.probability = point.probability(result.distance);
  return result;
}

}  // namespace

ExitStatus verify_pairs(const VerifyPairsOptions& options) {
  const std::vector<PhotoPair> pairs = read_pairs(options.list);
  if (pairs.empty()) {
    log_error("{}: lists no pairs; give two photos a line, a,b", options.list);
    return ExitStatus::kNegative;
  }
  LargestFaces faces(pairs);
  faces.analyse(options.analyser);
  if (interrupted()) return interrupt_status();

  const ModelInfo model = describe_embedder(*options.analyser.embedder).info;
  const OperatingPoint& point = model.operating_point(options.analyser.embedder->flip);
  const double threshold = options.threshold > 0 ? options.threshold : point.verification;
  JsonRecords records("pairs", options.output);
  if (options.output.csv) std::cout << "a,b,answer,distance,probability,error\n";
  std::int64_t left_out = 0;
  for (const PhotoPair& pair : pairs) {
    const PairResult result = compare(pair, faces, point, threshold);
    if (!result.error.empty()) ++left_out;
    if (records.wanted()) {
      records.add(result_json(result));
    } else if (options.output.csv) {
      print_csv(result);
    } else {
      print_text(result);
    }
  }
  records.finish();
  if (left_out == 0) return ExitStatus::kOk;
  log_warning("{} of {} could not be compared", with_thousands(left_out),
              counted(std::ssize(pairs), "pair"));
  return ExitStatus::kPartial;
}

}  // namespace facenet

#include <algorithm>
#include <cstring>
#include <iostream>

#include "base/interrupt.h"
#include "base/text.h"
#include "cmd/eval/eval.h"
#include "cmd/eval/verification_output.h"
#include "library/library.h"
#include "train/eval/labelled_folder.h"
#include "train/eval/videos.h"

namespace facenet {
namespace {

constexpr std::array kYtfFars = {1e-1, 1e-2, 1e-3};
constexpr int kFolds = 10;
constexpr std::uint64_t kSeed = 2011;  ///< any: with another one it is another protocol

struct YtfOptions : EvalOptions {
  std::string pairs, roc;
  int frames = 100;  ///< of a video
};

struct Video {
  std::vector<std::string> frames = {};  ///< in the order of time
  std::size_t seen = 0;
  VideoMean mean = {};
};

/// "frame 9" before "frame 10", as frames are numbered with and without leading zeros.
bool earlier(const std::string& a, const std::string& b) {
  return ::strverscmp(a.c_str(), b.c_str()) < 0;
}

class Videos {
 public:
  explicit Videos(const YtfOptions& options)
      : options_(options), folder_(find_labelled_images(options.root())) {
    for (const std::string& image : folder_.images) {
      if (const std::string name = video_of(image); !name.empty()) {
        videos_[name].frames.push_back(image);
      }
    }
    if (videos_.empty()) {
      fail("{}: no videos there; frames must be in PERSON/VIDEO/FRAME.jpg", options.root());
    }
    for (auto& [name, video] : videos_) std::ranges::sort(video.frames, earlier);
    choose_pairs();
  }

  /// False when a signal came.
  bool measure() {
    FaceReader reader(options_.analyser, options_.framing());
    for (auto images = next_frames(); !images.empty(); images = next_frames()) {
      reader.read(images, [&](const std::string& path, FaceVector&& face) {
        videos_.at(video_of(path)).mean.add(face.vector);
      });
      if (interrupted()) return false;
    }
    unreadable_ = warn_unreadable(folder_, reader.unreadable());
    return true;
  }

  std::vector<VerificationPair> distances() const {
    std::vector<VerificationPair> distances;
    for (const VideoPair& pair : pairs_) {
      distances.push_back(
          {mean_squared_distance(videos_.at(pair.first).mean, videos_.at(pair.second).mean),
           pair.same, pair.fold});
    }
    return distances;
  }

  std::size_t count() const { return videos_.size(); }
  std::size_t unreadable() const { return unreadable_; }

  std::int64_t frames() const {
    std::int64_t frames = 0;
    for (const auto& [name, video] : videos_) frames += video.mean.faces();
    return frames;
  }

  std::vector<std::string> no_face() const {
    std::vector<std::string> names;
    for (const auto& [name, video] : videos_) {
      if (video.mean.faces() == 0) names.push_back(to_valid_utf8(name));
    }
    return names;
  }

 private:
  /// "PERSON/VIDEO"; empty for an image that lies elsewhere.
  std::string video_of(const std::string& path) const {
    const std::string below = folder_.below_root(path);
    const std::size_t end = below.find('/', below.find('/') + 1);
    return end == std::string::npos ? "" : below.substr(0, end);
  }

  /// Sets the pairs, and leaves out the videos that are in none.
  void choose_pairs() {
    std::map<std::string, Video> all = std::move(videos_);
    videos_.clear();
    if (options_.pairs.empty()) {
      std::vector<std::string> names;
      names.reserve(all.size());
      for (const auto& [name, video] : all) names.push_back(name);
      pairs_ = make_video_pairs(names, kFolds, kSeed);
    } else {
      pairs_ = read_video_pairs(options_.pairs);
    }
    for (const VideoPair& pair : pairs_) {
      for (const std::string& name : {pair.first, pair.second}) {
        if (videos_.contains(name)) continue;
        const auto found = all.find(name);
        if (found == all.end()) fail("{}: has no frames of {}", options_.root(), name);
        videos_.insert(all.extract(found));
      }
    }
  }

  /// For each video as many frames more as it lacks faces.
  std::vector<std::string> next_frames() {
    std::vector<std::string> images;
    for (auto& [name, video] : videos_) {
      const auto lacking = static_cast<std::size_t>(options_.frames - video.mean.faces());
      const std::size_t count = std::min(lacking, video.frames.size() - video.seen);
      const auto first = video.frames.begin() + static_cast<std::ptrdiff_t>(video.seen);
      images.insert(images.end(), first, first + static_cast<std::ptrdiff_t>(count));
      video.seen += count;
    }
    return images;
  }

  const YtfOptions& options_;
  LabelledFolder folder_;
  std::map<std::string, Video> videos_;
  std::vector<VideoPair> pairs_;
  std::size_t unreadable_ = 0;
};

const char* protocol_of(const YtfOptions& options) {
  return options.pairs.empty() ? "built-in" : "splits file";
}

Json report_json(const YtfOptions& options, const Videos& videos,
                 const VerificationReport& report) {
  Json json{{"protocol", protocol_of(options)},
            {"pair_count", report.pairs},
            {"video_count", videos.count()},
            {"frame_count", videos.frames()},
            {"frames_per_video", options.frames},
            {"mode", options.mode},
            {"model", options.analyser.embedder->model}};
  add_verification(json, report);
  const std::vector<std::string> no_face = videos.no_face();
  json["no_face_count"] = no_face.size();
  json["videos_without_face"] = no_face;
  json["unreadable_count"] = videos.unreadable();
  return json;
}

void print_report(const YtfOptions& options, const Videos& videos,
                  const VerificationReport& report) {
  std::cout << fmt::format("{} pairs of {} videos ({} protocol), {} frames with a face, {}, {}\n",
                           with_thousands(report.pairs),
                           with_thousands(static_cast<long long>(videos.count())),
                           protocol_of(options), with_thousands(videos.frames()),
                           options.analyser.embedder->model, options.mode);
  print_verification(report);
  const std::size_t no_face = videos.no_face().size();
  std::cout << fmt::format("no face    {} videos{}\n", no_face,
                           no_face == 0 ? "" : ": their pairs count as different");
}

ExitStatus evaluate(const YtfOptions& options) {
  options.require_free(options.roc);
  Videos videos(options);
  if (!videos.measure()) return interrupt_status();
  const std::vector<VerificationPair> distances = videos.distances();
  const VerificationReport report = verify_folds(distances, kYtfFars);
  if (options.output.json) {
    print_json(report_json(options, videos, report));
  } else {
    print_report(options, videos, report);
  }
  if (!options.roc.empty()) {
    options.write(options.roc, roc_svg(fmt::format("Videos, {} protocol", protocol_of(options)),
                                       options.analyser.embedder->model, distances));
  }
  return videos.unreadable() > 0 ? ExitStatus::kPartial : ExitStatus::kOk;
}

}  // namespace

ExitStatus run_eval_ytf(Arguments arguments) {
  YtfOptions options;
  CommandLine line(
      "eval ytf [OPTIONS] DIR",
      "Tests verification on videos, as in YouTube Faces. DIR holds the frames as "
      "PERSON/VIDEO/FRAME.jpg. The distance of two videos is the mean distance between the faces "
      "in the first N frames of one and of the other; in each frame, the face nearest the centre "
      "counts. Each fold is judged at the threshold that is best for the others, and ± is the "
      "standard error of the mean.\n\n"
      "The official protocol needs the splits file that comes with YouTube Faces: give it with "
      "--pairs. Without it, the test takes all pairs of videos of one person, and as many pairs of "
      "two people, drawn at random with a fixed seed in ten folds that share nobody. Figures from "
      "this test cannot be compared with those of the official protocol.");
  line.option("frames", options.frames, "N", "frames of each video to use");
  line.option("pairs", options.pairs, "FILE",
              "splits file, with lines of FOLD, PERSON/VIDEO, PERSON/VIDEO, 1 (same person) or 0");
  line.option("roc", options.roc, "FILE.svg", "draw the ROC curve");
  options.add_force(line);
  options.add(line, "give the folder of the data set");
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.apply();
  if (options.frames < 1) fail<UsageError>("--frames must be at least 1");
  prepare_model(*options.analyser.embedder);
  return evaluate(options);
}

}  // namespace facenet

#include "train/training_log.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "train/eval/plot.h"

namespace facenet {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const TrainingProgress& p) {
  return {{"step", p.step},
          {"images", p.images},
          {"loss", p.loss},
          {"gradient", p.gradient},
          {"rate", p.rate},
          {"images_per_second", p.images_per_second},
          {"waited", p.waited},
          {"selecting", p.selecting},
          {"triplets", p.triplets},
          {"semi_hard", p.semi_hard},
          {"active", p.active},
          {"mean_positive", p.mean_positive},
          {"mean_negative", p.mean_negative}};
}

TrainingProgress progress_from(const Json& json) {
  return {.step = json.value("step", std::int64_t{0}),
          .images = json.value("images", std::int64_t{0}),
          .loss = json.value("loss", 0.0),
          .gradient = json.value("gradient", 0.0),
          .rate = json.value("rate", 0.0),
          .images_per_second = json.value("images_per_second", 0.0),
          .waited = json.value("waited", 0.0),
          .selecting = json.value("selecting", 0.0),
          .triplets = json.value("triplets", 0.0),
          .semi_hard = json.value("semi_hard", 0.0),
          .active = json.value("active", 0.0),
          .mean_positive = json.value("mean_positive", 0.0),
          .mean_negative = json.value("mean_negative", 0.0)};
}

/// A curve of one number over the images seen.
template <class Rows, class Value>
Series curve(const std::string& name, const Rows& rows, Value value) {
  Series series{name, {}};
  for (const auto& row : rows)
    series.points.push_back({static_cast<double>(row.images), value(row)});
  return series;
}

std::string plot(const std::string& title, double images, double from, double to,
                 std::vector<Series> series) {
  return to_svg({.title = title,
                 .x = {"images seen", 0, std::max(1.0, images)},
                 .y = {"", from, to},
                 .series = std::move(series)});
}

double largest(const std::vector<Series>& series) {
  double most = 1e-6;
  for (const Series& one : series) {
    for (const PlotPoint& point : one.points) most = std::max(most, point.y);
  }
  return most;
}

Series histogram(const std::string& name, const std::vector<double>& shares) {
  Series series{name, {}};
  for (std::size_t bin = 0; bin < shares.size(); ++bin) {
    series.points.push_back(
        {4 * (static_cast<double>(bin) + 0.5) / static_cast<double>(shares.size()), shares[bin]});
  }
  return series;
}

}  // namespace

TrainingLog::TrainingLog(const std::string& folder, std::int64_t step) : folder_(folder) {
  const std::string path = folder + "/log.jsonl";
  std::vector<std::string> kept;
  std::ifstream before(path);
  for (std::string line; std::getline(before, line);) {
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || json.value("step", step + 1) > step) continue;
    kept.push_back(line);
    if (json.contains("validation")) {
      const Json& report = json["validation"];
      validations_.push_back({json.value("images", std::int64_t{0}), report.value("accuracy", 0.0),
                              report.value("val", 0.0)});
    } else {
      progress_.push_back(progress_from(json));
    }
  }
  before.close();
  write_file_atomically(path, /*overwrite=*/true, [&](std::ostream& out) {
    for (const std::string& line : kept) out << line << '\n';
  });
  file_.open(path, std::ios::app);
}

void TrainingLog::write_line(const std::string& line) {
  file_ << line << '\n' << std::flush;
  if (!file_) {
    fail("{}/log.jsonl: cannot be written: free some disk space, then go on with --resume",
         folder_);
  }
}

void TrainingLog::add(const TrainingProgress& progress) {
  write_line(to_json(progress).dump());
  progress_.push_back(progress);
}

void TrainingLog::add(std::int64_t step, std::int64_t images, const ValidationReport& report) {
  const Json json{{"step", step},
                  {"images", images},
                  {"validation",
                   {{"faces", report.faces},
                    {"accuracy", report.accuracy},
                    {"threshold", report.threshold},
                    {"val", report.val},
                    {"mean_same", report.mean_same},
                    {"mean_different", report.mean_different}}}};
  write_line(json.dump());
  validations_.push_back({images, report.accuracy, report.val});
  same_ = report.same;
  different_ = report.different;
  draw();
}

void TrainingLog::draw() const {
  double images = 0;
  if (!progress_.empty()) images = static_cast<double>(progress_.back().images);
  if (!validations_.empty()) {
    images = std::max(images, static_cast<double>(validations_.back().images));
  }
  std::string page =
      "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>facenet train</title>\n"
      "<style>body { font-family: sans-serif } svg { max-width: 48% }</style>\n";
  using Row = TrainingProgress;
  if (!progress_.empty()) {
    std::vector<Series> loss = {curve("loss", progress_, [](const Row& row) { return row.loss; })};
    page += plot("loss", images, 0, largest(loss), loss);
  }
  if (!validations_.empty()) {
    page +=
        plot("validation", images, 0, 1,
             {curve("accuracy", validations_, [](const Validation& v) { return v.accuracy; }),
              curve("VAL at FAR 0.001", validations_, [](const Validation& v) { return v.val; })});
  }
  if (std::ranges::any_of(progress_, [](const Row& row) { return row.triplets > 0; })) {
    page += plot("triplets", images, 0, 1,
                 {curve("active", progress_, [](const Row& row) { return row.active; }),
                  curve("semi-hard", progress_, [](const Row& row) { return row.semi_hard; })});
  }
  if (!same_.empty()) {
    std::vector<Series> distances = {histogram("same person", same_),
                                     histogram("different people", different_)};
    page += to_svg({.title = "distances on the validation set",
                    .x = {"squared distance", 0, 4},
                    .y = {"share of pairs", 0, largest(distances)},
                    .series = distances});
  }
  write_file_atomically(folder_ + "/curves.html", /*overwrite=*/true,
                        [&](std::ostream& out) { out << page; });
}

}  // namespace facenet

#include <iostream>

#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "cmd/photos/path_arguments.h"
#include "cmd/photos/photo_stream.h"

namespace facenet {
namespace {

void print_text(const std::string& path, const PhotoAnalysis& analysis) {
  for (const Face& face : analysis.faces) {
    std::cout << fmt::format("{}\t{:.0f} {:.0f} {:.0f} {:.0f}\t{:.4f}\n", escape_control(path),
                             face.box.x, face.box.y, face.box.width, face.box.height, face.score);
  }
}

void print_csv(const std::string& path, const PhotoAnalysis& analysis) {
  for (const Face& face : analysis.faces) {
    std::cout << fmt::format("{},{:.2f},{:.2f},{:.2f},{:.2f},{:.4f}", csv_field(path), face.box.x,
                             face.box.y, face.box.width, face.box.height, face.score);
    for (const Point& point : face.landmarks) {
      std::cout << fmt::format(",{:.2f},{:.2f}", point.x, point.y);
    }
    std::cout << '\n';
  }
}

}  // namespace

ExitStatus run_detect(Arguments arguments) {
  CommonOptions common;
  OutputOptions output;
  AnalyserOptions options;
  options.hash = false;
  PathArguments paths;

  CommandLine line(
      "detect [OPTIONS] PATH...",
      "Finds the faces in photos and in folders of photos. For each face it prints the photo, the "
      "box (x y width height, in pixels of the upright photo) and the detector's confidence.");
  paths.add(line, "PATH: give photos or folders", 1);
  output.add_records(line, "photo");
  output.add_csv(line, "print a row for each face, with its five landmarks");
  common.add_threads(line);
  common.add_messages(line);
  common.add_progress(line);
  add_detection_options(line, options);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  output.validate();
  options.threads = common.thread_count();
  if (!paths.read()) return ExitStatus::kNegative;

  if (output.csv) std::cout << "photo,x,y,width,height,score,x0,y0,x1,y1,x2,y2,x3,y3,x4,y4\n";
  JsonRecords records("photos", output);
  const auto print = [&](const std::string& path, const auto& analysis) {
    if (records.wanted()) {
      records.add(analysis_json(path, analysis));
    } else if (output.csv) {
      print_csv(path, analysis);
    } else {
      print_text(path, analysis);
    }
  };
  const auto result = stream_photos(paths.paths, paths.exclusion(), options, print);
  records.finish();
  return result.status;
}

}  // namespace facenet

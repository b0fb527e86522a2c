#include <filesystem>
#include <iostream>
#include <map>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "cmd/photos/path_arguments.h"
#include "cmd/photos/photo_stream.h"
#include "image/encode.h"

namespace facenet {
namespace {

/// "holiday.jpg" and face 2 -> "holiday.2.png". Photos of one name in different folders would meet,
/// so the second gets a number more, one that no photo before has; the paths come in a fixed order,
/// so the names are stable.
class ChipNames {
 public:
  std::string stem(const std::string& photo) {
    const std::string own = std::filesystem::path(photo).stem().string();
    std::string stem = own;
    for (int& number = numbers_[own]; !taken_.insert(stem).second;)
      stem = fmt::format("{}~{}", own, ++number);
    return stem;
  }

 private:
  std::map<std::string, int> numbers_;
  std::set<std::string> taken_;
};

}  // namespace

ExitStatus run_align(Arguments arguments) {
  CommonOptions common;
  OutputOptions output;
  AnalyserOptions options;
  options.hash = false;
  options.keep_chips = true;
  options.alignment = "arcface-112";
  PathArguments paths;
  std::string folder;
  bool force = false;

  CommandLine line("align [OPTIONS] --output DIR PATH...",
                   "Cuts every face out of its photo, turned and scaled so that the eyes, the nose "
                   "and the corners of the mouth are where networks expect them. Writes each face "
                   "to PHOTO.N.png, with N counting from 0 for the largest face, and prints the "
                   "paths of the files.");
  paths.add(line, "PATH: give photos or folders", 1);
  line.option("output,o", folder, "DIR",
              "folder for the faces, which is made if it does not exist (required)");
  line.option("size", options.chip_size, "N",
              "width and height of the files in pixels (default: the template's)");
  line.option("template", options.alignment, "NAME",
              "where eyes, nose and mouth go: arcface-112 or dlib-150");
  line.flag("force", force, "replace files that exist");
  output.add_records(line, "photo; \"chip\" is the file of a face");
  output.add_null(line, "print the paths of the files, each followed by NUL");
  common.add_threads(line);
  common.add_messages(line);
  common.add_progress(line);
  add_detection_options(line, options);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  output.validate();
  options.threads = common.thread_count();
  if (folder.empty()) fail<UsageError>("give a folder for the faces: --output DIR");

  if (!paths.read()) return ExitStatus::kNegative;
  make_folder(folder);

  ChipNames names;
  JsonRecords records("photos", output);
  const auto write = [&](const std::string& path, PhotoAnalysis& analysis) {
    Json json = analysis_json(path, analysis);
    const std::string stem = names.stem(path);
    for (std::size_t i = 0; i < analysis.chips.size(); ++i) {
      const std::string chip = fmt::format("{}/{}.{}.png", folder, stem, i);
      write_png(chip, analysis.chips[i], force);
      json["faces"][i]["chip"] = to_valid_utf8(chip);
      if (output.null_separated) {
        std::cout << chip << '\0';
      } else if (!records.wanted()) {
        std::cout << escape_control(chip) << '\n';
      }
    }
    records.add(json);
  };
  const auto result = stream_photos(paths.paths, paths.exclusion(), options, write);
  records.finish();
  return result.status;
}

}  // namespace facenet

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "cmd/common_options.h"
#include "face/face.h"
#include "people/people.h"
#include "pipeline/analyse.h"

namespace facenet {

/// JSON keeps the order in which keys are set, as the documentation shows them.
using Json = nlohmann::ordered_json;

/// Sets "photo" to the path; where its bytes are not UTF-8 (JSON must be), they are replaced there
/// and stand in full, as base64, in "photo_bytes".
void set_photo(Json& object, const std::string& path);

/// Sets "time", in seconds from the beginning, where it is that of a frame of a video.
void set_time(Json& object, std::optional<std::int64_t> time_ms);
/// The same for people: " at 0:42", or nothing.
std::string time_suffix(std::optional<std::int64_t> time_ms);

/// The field of a CSV row for it: "61.040"; empty of a photo.
std::string time_field(std::optional<std::int64_t> time_ms);

/// Files that were trouble, with the reasons: [{"photo", "error"}].
Json problems_json(std::span<const std::pair<std::string, std::string>> problems);

/// Says how many photos a command has left out, as they are not there now; nothing of none.
void log_away(std::int64_t photos);

/// Numbers as they are meant to be read: pixels with two decimals, shares with four.
Json box_json(const Box& box);
Json score_json(float score);
/// A box in whole pixels, as `convert -crop` takes it: "113x146+17-8", width x height + x + y.
std::string box_text(const Box& box);
Json face_json(const Face& face);

/// The line that `detect`, `align` and `embed` print for a photo:
/// {"photo", "width", "height", "faces": [...]} or {"photo", "error"}.
Json analysis_json(const std::string& path, const PhotoAnalysis& analysis);

/// {"person", "name", "face_count", "stack_count", "faces": [{"face", "photo", "box", "score"}]};
/// "hidden": true where it is so; of a face, "recognisable": false and "by_hand": true where it is
/// so, and "like": the first face of its stack, where that is another
Json person_json(const Person& person);

/// A probability, null where the model has none to give (NaN); as text ", probability 0.9987", or
/// nothing.
Json probability_json(double probability);
std::string probability_text(double probability);

/// Says on stderr that a signal ended the work, unless nobody reads what the program says.
ExitStatus stopped(const char* message);

/// What a model's distances mean.
Json operating_point_json(const OperatingPoint& point);

/// On one line. Bytes that are not UTF-8, as a path may have them, are replaced.
std::string json_text(const Json& json);

/// Prints one JSON document and a line break to stdout.
void print_json(const Json& json);

/// Prints a document with --json, with --jsonl the elements of its array `records`, a line each.
void print_records(const Json& document, const char* records, const OutputOptions& options);

/// Records of one kind as they come: with --json the array `name` of one document, with --jsonl a
/// line each, without either nothing.
class JsonRecords {
 public:
  JsonRecords(std::string name, const OutputOptions& options);

  bool wanted() const { return options_.any_json(); }
  void add(const Json& record);
  /// Ends the document; `more` are its further keys. To be called once, also when there were no
  /// records.
  void finish(const Json& more = Json::object());

 private:
  std::string name_;
  const OutputOptions& options_;
  bool any_ = false;
};

/// Stacks of photos that the text shows of a person, unless all are wanted (SIZE_MAX).
inline constexpr std::size_t kStacksShown = 3;

/// How `cluster` and `people` show people. As text: a line a person and a few
/// paths, those of a stack together; as JSON: a
/// line a person; as CSV: a row a face, with a header; with -0: paths that each end in NUL, as
/// `xargs -0` reads them, each once, or with groups each person's, and between two people one more
/// record that is the separator.
void print_people(const std::vector<Person>& people, const OutputOptions& options,
                  std::size_t stacks_shown);

}  // namespace facenet

#include "weights/mmod_settings.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace facenet {
namespace {

MmodSettings parse(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  return {.windows = json.at("windows").get<std::vector<std::array<int, 2>>>(),
          .most_shared = json.at("most_shared").get<double>(),
          .most_covered = json.at("most_covered").get<double>(),
          .padding = json.at("padding").get<int>(),
          .outer_padding = json.at("outer_padding").get<int>(),
          .first = json.at("first").get<std::array<int, 2>>(),
          .step = json.at("step").get<std::array<int, 2>>()};
}

bool is_sane(const MmodSettings& settings) {
  constexpr int kLargest = 1 << 12;
  const auto lies_in = [](int value, int least) { return value >= least && value <= kLargest; };
  const auto is_share = [](double value) { return value >= 0 && value <= 1; };
  const auto is_window = [&](const std::array<int, 2>& window) {
    return lies_in(window[0], 1) && lies_in(window[1], 1);
  };
  // A pyramid can only be laid with less space between its levels than its image is wide.
  const auto has_room = [&](const std::array<int, 2>& window) {
    return std::min(window[0], window[1]) >= 2 * settings.padding;
  };
  return !settings.windows.empty() && std::ranges::all_of(settings.windows, is_window) &&
         std::ranges::all_of(settings.windows, has_room) && is_share(settings.most_shared) &&
         is_share(settings.most_covered) && lies_in(settings.padding, 1) &&
         lies_in(settings.outer_padding, 0) && is_window(settings.step) &&
         lies_in(settings.first[0], -kLargest) && lies_in(settings.first[1], -kLargest);
}

}  // namespace

std::string to_text(const MmodSettings& settings) {
  return nlohmann::json{{"windows", settings.windows},
                        {"most_shared", settings.most_shared},
                        {"most_covered", settings.most_covered},
                        {"padding", settings.padding},
                        {"outer_padding", settings.outer_padding},
                        {"first", settings.first},
                        {"step", settings.step}}
      .dump();
}

MmodSettings read_mmod_settings(const SafetensorsFile& file) {
  const auto found = file.metadata().find(kMmodKey);
  if (found != file.metadata().end()) {
    try {
      MmodSettings settings = parse(found->second);
      if (is_sane(settings)) return settings;
    } catch (const nlohmann::json::exception&) {
      // Said below, for all that may be wrong.
    }
  }
  fail(
      "{}: does not say how to read its detections; make it again with \"facenet model "
      "import\"",
      file.path());
}

}  // namespace facenet

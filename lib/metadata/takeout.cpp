#include "metadata/takeout.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "metadata/one_line.h"

namespace facenet {
namespace {

using TakeoutJson = nlohmann::json;

constexpr int kMostLevels = 100;
constexpr std::size_t kMostPeople = 1000;
constexpr std::size_t kMostBytes = 4096;  // of a name

std::string line_of(const TakeoutJson& json, const char* what) {
  if (!json.is_string()) fail("its {} is no text", what);
  std::string line = one_line(json.get<std::string>());
  if (line.size() > kMostBytes) fail("its {} has {} bytes", what, line.size());
  return line;
}

TakeoutJson parsed(std::string_view text) {
  const auto watch = [](int depth, TakeoutJson::parse_event_t, const TakeoutJson&) {
    if (depth > kMostLevels) fail("is JSON of more than {} levels", kMostLevels);
    return true;
  };
  try {
    return TakeoutJson::parse(text, watch);
  } catch (const TakeoutJson::exception&) {
    fail("is not valid JSON");
  }
}

/// A line each: the title, then the names.
std::string to_lines(const TakeoutPeople& people) {
  std::string lines = people.title + '\n';
  for (const std::string& name : people.names) lines += name + '\n';
  return lines;
}

TakeoutPeople people_of_lines(const std::string& lines) {
  TakeoutPeople people;
  bool is_first = true;
  for (std::size_t begin = 0; begin < lines.size(); is_first = false) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    std::string line = to_valid_utf8(lines.substr(begin, end - begin));
    if (is_first)
      people.title = std::move(line);
    else if (!line.empty())
      people.names.push_back(std::move(line));
    begin = end + 1;
  }
  return people;
}

}  // namespace

TakeoutPeople read_takeout(std::string_view text) {
  const TakeoutJson json = parsed(text);
  if (!json.is_object()) fail("is no JSON object, as Google Takeout writes one");
  TakeoutPeople people;
  if (const auto title = json.find("title"); title != json.end())
    people.title = line_of(*title, "title");
  const auto list = json.find("people");
  if (list == json.end()) return people;
  if (!list->is_array()) fail("its people are no list");
  if (list->size() > kMostPeople) fail("it names {} people", with_thousands(std::ssize(*list)));
  for (const TakeoutJson& person : *list) {
    const auto name = person.find("name");  // also of what is no object: then there is none
    if (name == person.end()) continue;
    std::string line = line_of(*name, "name of a person");
    if (!line.empty() && std::ranges::find(people.names, line) == people.names.end())
      people.names.push_back(std::move(line));
  }
  return people;
}

std::vector<TakeoutReading> read_takeout_behind_walls(std::span<const ForeignText> texts) {
  std::vector<WalledJob> jobs;
  for (const ForeignText& text : texts)
    jobs.push_back({.file = text.file, .bytes = text.text.size(), .work = [&text] {
                      return to_lines(read_takeout(text.text));
                    }});
  std::vector<TakeoutReading> readings;
  for (const WalledAnswer& answer : answers_behind_walls(jobs))
    readings.push_back(answer.is_error ? TakeoutReading{.error = to_valid_utf8(answer.text)}
                                       : TakeoutReading{.people = people_of_lines(answer.text)});
  return readings;
}

}  // namespace facenet

#include "people/people.h"

#include <charconv>

#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/output.h"

namespace facenet {
namespace {

struct PeopleOptions {
  CommonOptions common;
  OutputOptions output;
  std::int64_t min_faces = 1;
  std::vector<std::string> words;

  PeopleFormat format() const {
    if (output.json) return PeopleFormat::kJson;
    if (output.csv) return PeopleFormat::kCsv;
    return output.null_separated ? PeopleFormat::kNull : PeopleFormat::kText;
  }
};

PersonId person_id(const std::string& word) {
  PersonId id = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
  if (error != std::errc{} || end != word.data() + word.size()) {
    fail<UsageError>("'{}' is not the number of a person", word);
  }
  return id;
}

void expect_words(const PeopleOptions& options, std::size_t count, const char* usage) {
  if (options.words.size() != count) fail<UsageError>("usage: facenet people {}", usage);
}

ExitStatus list(const PeopleOptions& options) {
  if (options.words.size() > 1) fail<UsageError>("usage: facenet people list");
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  const auto people = list_people(catalog, options.min_faces);
  if (options.output.json) {
    Json json{{"people", Json::array()}};
    for (const Person& person : people) json["people"].push_back(person_json(person));
    print_json(json);
  } else {
    print_people(people, options.format(), kPathsShown);
  }
  if (!people.empty()) return ExitStatus::kOk;
  log_error("{}: no people with {} or more faces; scan photos with `facenet cluster PHOTOS`",
            catalog.path(), options.min_faces);
  return ExitStatus::kNegative;
}

ExitStatus show(const PeopleOptions& options) {
  expect_words(options, 2, "show ID");
  const PersonId id = person_id(options.words[1]);
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  print_people({find_person(catalog, id)}, options.format(), SIZE_MAX);
  return ExitStatus::kOk;
}

ExitStatus name(const PeopleOptions& options) {
  expect_words(options, 3, "name ID NAME");
  const PersonId id = person_id(options.words[1]);
  Catalog catalog(options.common.catalog_path(), Catalog::Mode::kWrite);
  Catalog::Transaction transaction(catalog);
  name_person(catalog, id, options.words[2]);
  transaction.commit();
  if (options.output.json) {
    print_json(person_json(find_person(catalog, id)));
  } else if (options.words[2].empty()) {
    log_info("person {} has no name now", id);
  } else {
    log_info("person {} is {}", id, options.words[2]);
  }
  return ExitStatus::kOk;
}

}  // namespace

ExitStatus run_people(Arguments arguments) {
  PeopleOptions options;
  CommandLine line(
      "people [list | show ID | name ID NAME] [OPTIONS]",
      "  list           the people of the catalog, the largest first, without looking at any "
      "photo\n"
      "  show ID        all faces of one person\n"
      "  name ID NAME   names a person; the name stays with these faces in every later run of\n"
      "                 `facenet cluster`. An empty NAME ('') takes the name away.");
  line.positionals("command", options.words, 0, 3);
  line.option("min-faces", options.min_faces, "N", "list only people with at least N faces");
  options.output.add_json(line, "one JSON document");
  options.output.add_csv(line, "one row a face");
  options.output.add_null(line,
                          "photo paths, each ended by NUL, and one more NUL after each person");
  options.common.add_catalog(line);
  options.common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  options.output.validate();

  const std::string command = options.words.empty() ? "list" : options.words.front();
  if (command == "list") return list(options);
  if (command == "show") return show(options);
  if (command == "name") return name(options);
  fail<UsageError>("there is no `people {}`", command);
}

}  // namespace facenet

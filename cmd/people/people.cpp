#include "people/people.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <unistd.h>

#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/people/common.h"

namespace facenet {
namespace {

ExitStatus list(const PeopleOptions& options) {
  options.expect_words(0, 0, "list");
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  const auto people = list_people(catalog, options.min_faces, options.all);
  if (options.output.json) {
    Json json{{"people", Json::array()}};
    for (const Person& person : people) json["people"].push_back(person_json(person));
    print_json(json);
  } else {
    print_people(people, options.output, kPathsShown);
  }
  if (!people.empty()) return ExitStatus::kOk;
  log_error("{}: no people with {} or more faces; scan photos with `facenet cluster PHOTOS`",
            catalog.path(), options.min_faces);
  return ExitStatus::kNegative;
}

ExitStatus show(const PeopleOptions& options) {
  options.expect_words(1, 1, "show PERSON");
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  print_people({person_meant(catalog, options.words[1])}, options.output, SIZE_MAX);
  return ExitStatus::kOk;
}

struct Subcommand {
  const char* name;
  ExitStatus (*run)(const PeopleOptions& options);
};

constexpr std::array kSubcommands = {
    Subcommand{"list", list},
    Subcommand{"show", show},
    Subcommand{"name", people_name},
    Subcommand{"merge", people_merge},
    Subcommand{"split", people_split},
    Subcommand{"move", people_move},
    Subcommand{"reject", people_reject},
    Subcommand{"hide", people_hide},
    Subcommand{"unhide", people_unhide},
    Subcommand{"allow-same-photo", people_allow_same_photo},
    Subcommand{"review", people_review},
    Subcommand{"answer", people_answer},
    Subcommand{"undo", people_undo},
    Subcommand{"log", people_log},
};

constexpr const char* kDescription =
    "What was found, and what you say about it. A PERSON is a number or a name; a FACE is a "
    "number, which\n"
    "`show PERSON --csv` lists. All that you say takes effect at once, binds every later "
    "`facenet cluster`,\n"
    "and can be undone.\n"
    "  list                       the people of the catalog, the largest first (the default)\n"
    "  show PERSON                all faces of one person\n"
    "  name PERSON NAME           gives a name; an empty NAME ('') takes it away\n"
    "  merge PERSON PERSON        the two are one; when both have names, --keep says which stays\n"
    "  split PERSON FACE...       these faces of the person are one other person\n"
    "  move FACE... --to PERSON   these faces are that person\n"
    "  reject FACE...             these faces are not the person that they are in, for good\n"
    "  hide, unhide PERSON        out of the lists, also as the person grows; back again\n"
    "  allow-same-photo PHOTO     a collage or a mirror: one person may be in it more than once\n"
    "  review                     asks about pairs that may be one person, those first whose "
    "answer\n"
    "                             settles most; with --json lists them\n"
    "  answer PAIR yes|no         answers a pair of the review, such as 12-57\n"
    "  undo [FACT]                takes back what was said last, or a fact of the log\n"
    "  log                        what was said, and what contradicts what";

}  // namespace

void PeopleOptions::expect_words(std::size_t least, std::size_t most, const char* usage) const {
  const std::size_t given = words.empty() ? 0 : words.size() - 1;
  if (given < least || given > most) fail<UsageError>("usage: facenet people {}", usage);
}

std::vector<FaceId> PeopleOptions::faces(std::size_t from) const {
  std::vector<FaceId> faces;
  for (std::size_t i = from; i < words.size(); ++i) faces.push_back(face_number(words[i]));
  return faces;
}

Person person_meant(const Catalog& catalog, const std::string& word) {
  return find_person(catalog, resolve_person(catalog, word));
}

ExitStatus report_statement(const PeopleOptions& options, const Catalog& catalog,
                            const Statement& statement, const std::string& text) {
  if (options.output.json) {
    Json json{{"fact", statement.fact == 0 ? Json(nullptr) : Json(statement.fact)},
              {"moved_faces", statement.moved_faces},
              {"warnings", statement.warnings},
              {"person", nullptr}};
    if (statement.person != 0) {
      for (const PersonRecord& record : catalog.people())
        if (record.id == statement.person && record.merged_into == 0)
          json["person"] = person_json(find_person(catalog, statement.person));
    }
    print_json(json);
  } else if (!text.empty()) {
    log_info("{}", text);
  }
  for (const std::string& warning : statement.warnings) log_warning("{}", warning);
  return ExitStatus::kOk;
}

bool on_terminal() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

std::string ask(const std::string& question) {
  std::cerr << question << ' ' << std::flush;
  std::string answer;
  if (!std::getline(std::cin, answer)) fail("no answer: the input has ended");
  const auto first = answer.find_first_not_of(" \t\r");
  if (first == answer.npos) return "";
  return answer.substr(first, answer.find_last_not_of(" \t\r") - first + 1);
}

ExitStatus run_people(Arguments arguments) {
  PeopleOptions options;
  CommandLine line("people [COMMAND [ARGUMENTS]] [OPTIONS]", kDescription);
  line.positionals("command", options.words, 0, SIZE_MAX);
  line.option("min-faces", options.min_faces, "N", "list: only people with at least N faces");
  line.flag("all", options.all, "list: hidden people too");
  line.option("to", options.to, "PERSON", "move: whose the faces are");
  line.option("keep", options.keep, "PERSON",
              "merge: whose number and name stay (default: the one with a name, else the first)");
  line.flag("yes", options.yes,
            "merge: do not ask; of two names that of the first person stays, or of --keep");
  line.option("limit", options.limit, "N", "review: at most N pairs");
  line.option("chips", options.chips, "DIR",
              "review: cut the faces of both sides out of their photos, as DIR/PAIR-a1.png and so "
              "on");
  options.output.add_json(line, "one JSON document");
  options.output.add_csv(line, "list, show, log: one row a face, or a fact");
  options.output.add_null(line, "list, show: photo paths, each ended by NUL");
  options.output.add_group_separator(line);
  options.common.add_catalog(line);
  options.common.add_threads(line);
  options.common.add_messages(line);
  add_model_options(line, options.embedder);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  options.output.grouped = line.given("group-separator");
  options.output.validate();
  options.model_given = line.given("model");

  const std::string command = options.words.empty() ? "list" : options.words.front();
  const auto found =
      std::find_if(kSubcommands.begin(), kSubcommands.end(),
                   [&](const Subcommand& subcommand) { return subcommand.name == command; });
  if (found == kSubcommands.end()) fail<UsageError>("there is no `people {}`", command);
  return found->run(options);
}

}  // namespace facenet

#include "people/people.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <set>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/people/common.h"
#include "people/partition.h"

namespace facenet {
namespace {

ExitStatus list(const PeopleOptions& options) {
  options.expect_words(0, 0, "list");
  if (options.min_faces < 1) fail<UsageError>("--min-faces must be at least 1");
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  const PeopleList list = list_people(catalog, options.min_faces, options.all);
  if (options.unrecognisable) {
    print_all(list.unrecognisable, options.output, kStacksShown);
    if (!list.unrecognisable.empty()) return ExitStatus::kOk;
    log_error("{}: every face is recognisable, or with somebody", catalog.path());
    return ExitStatus::kNegative;
  }
  print_all(list.people, options.output, kStacksShown);
  if (!list.unrecognisable.empty() && options.output.is_text())
    log_info("{} not recognisable and with nobody: `facenet people list --unrecognisable`",
             counted(std::ssize(list.unrecognisable), "face is", "faces are"));
  if (!list.people.empty()) return ExitStatus::kOk;
  log_error("{}: no people with {} or more faces{}; scan photos with `facenet cluster PHOTOS`",
            catalog.path(), options.min_faces,
            options.min_faces > 1 ? ", where copies and photos of one moment count once" : "");
  return ExitStatus::kNegative;
}

/// A command of `facenet people`.
struct PeopleCommand {
  const char* name;
  const char* arguments;  ///< of the synopsis
  const char* description;
  void (*add)(PeopleOptions& options, CommandLine& line);  ///< its own options
  ExitStatus (*run)(const PeopleOptions& options);
};

void add_nothing(PeopleOptions& /*options*/, CommandLine& /*line*/) {}

void add_list(PeopleOptions& options, CommandLine& line) {
  line.option(
      "min-faces", options.min_faces, "N",
      "only people with at least N faces; copies of a photo and photos of one moment count once");
  line.flag("all", options.all, "hidden people too");
  line.flag("unrecognisable", options.unrecognisable,
            "only faces that are too small, too blurred, turned away or covered to be recognised, "
            "and are with nobody; `facenet people merge` says whose they are");
  options.output.add_json_lines(line, "person");
  options.output.add_csv(line, "one row a face");
  options.output.add_null(line, "photo paths, each ended by NUL");
  options.output.add_group_separator(line);
}

void add_show(PeopleOptions& options, CommandLine& line) {
  line.flag("picture", options.draw,
            "draw faces in the terminal, too, as well as it can: the most typical first, the most "
            "doubtful last, with their numbers");
  options.output.add_json_lines(line, "person");
  options.output.add_csv(line, "one row a face");
  options.output.add_null(line, "photo paths, each ended by NUL");
  options.output.add_group_separator(line);
  options.common.add_threads(line);
  add_model_options(line, options.embedder);
}

void add_name(PeopleOptions& options, CommandLine& line) {
  line.flag("force", options.force, "also for a name that another person has but for capitals");
}

void add_merge(PeopleOptions& options, CommandLine& line) {
  line.option("keep", options.keep, "PERSON",
              "whose number and name stay (default: the one with a name, else the first)");
  line.flag("yes", options.yes,
            "do not ask; of two names that of the first person stays, or of --keep");
}

void add_move(PeopleOptions& options, CommandLine& line) {
  line.option("to", options.to, "PERSON",
              "whose the faces are; a name that nobody has makes a new person");
  line.flag("new", options.fresh, "a new person, although somebody has a name much like it");
}

void add_review(PeopleOptions& options, CommandLine& line) {
  line.option("limit", options.limit, "N",
              "at most N pairs (default: the first 20 when they are listed, else all)");
  line.flag("list", options.list, "list the pairs and ask nothing");
  options.output.add_json_lines(line, "pair");
  line.option("chips", options.chips, "DIR",
              "cut the faces of both sides out of their photos, as DIR/PAIR-a1.png and so on");
  line.flag("no-picture", options.no_draw, "draw no faces in the terminal").rare = true;
  options.common.add_threads(line);
  add_model_options(line, options.embedder);
}

void add_sheet(PeopleOptions& options, CommandLine& line) {
  line.option("output,o", options.picture, "FILE",
              "the picture: a .jpg, .png or .webp file (required); of more than 50 people several, "
              "such as people-1.jpg and people-2.jpg");
  line.option("faces", options.faces_a_row, "N",
              "at most N faces a row; of more, the most typical and the most doubtful");
  line.option(
      "min-faces", options.min_faces, "N",
      "only people with at least N faces; copies of a photo and photos of one moment count once");
  line.option("limit", options.limit, "N",
              "at most N people, the largest first (default: 100, or all who are named)");
  line.flag("all", options.all, "hidden people too");
  line.flag("force", options.force, "replace files that exist");
  options.common.add_threads(line);
  options.common.add_progress(line);
  add_model_options(line, options.embedder);
}

void add_log(PeopleOptions& options, CommandLine& line) {
  options.output.add_json_lines(line, "fact");
  options.output.add_csv(line, "one row a fact");
}

constexpr PeopleCommand kList{"list", "", "Lists the people of the catalog, the largest first.",
                              add_list, list};
constexpr PeopleCommand kShow{"show", " PERSON...", "Lists all faces of these people.", add_show,
                              people_show};
constexpr PeopleCommand kName{"name", " PERSON NAME",
                              "Gives a person a name. An empty NAME ('') takes it away.", add_name,
                              people_name};
constexpr PeopleCommand kMerge{"merge", " PERSON PERSON", "Says that the two are one person.",
                               add_merge, people_merge};
constexpr PeopleCommand kSplit{"split", " PERSON FACE...",
                               "Says that these faces of the person are one other person.",
                               add_nothing, people_split};
constexpr PeopleCommand kMove{"move", " FACE... --to PERSON",
                              "Says that these faces are that person.", add_move, people_move};
constexpr PeopleCommand kReject{
    "reject", " FACE...", "Says that none of these faces is the person that it is in, for good.",
    add_nothing, people_reject};
constexpr PeopleCommand kHide{"hide", " PERSON...",
                              "Keeps people out of the lists, also as they grow.", add_nothing,
                              people_hide};
constexpr PeopleCommand kUnhide{"unhide", " PERSON...", "Shows hidden people again.", add_nothing,
                                people_unhide};
constexpr PeopleCommand kAllowSamePhoto{
    "allow-same-photo", " PHOTO",
    "Says that one person may be in this photo more than once: in a collage, or in a mirror.",
    add_nothing, people_allow_same_photo};
constexpr PeopleCommand kReview{
    "review", "",
    "Asks about pairs of people that may be one, those first that may put most faces right: "
    "how likely the two are one, times the faces that a yes joins. Answers are read from stdin, "
    "a line each: y(es), n(o), s(kip), u(ndo), q(uit). With --json or --list, or when there is "
    "nothing to read, it lists the pairs.",
    add_review, people_review};
constexpr PeopleCommand kAnswer{"answer", " PAIR yes|no",
                                "Answers whether a pair of the review, such as 12-57, is one "
                                "person.",
                                add_nothing, people_answer};
constexpr PeopleCommand kSheet{
    "sheet", " [PERSON...]",
    "Draws a picture with a row of faces for each of these people, or for all that `facenet people "
    "list` lists: the most typical faces first, the most doubtful last. Prints the name of the "
    "file.",
    add_sheet, people_sheet};
constexpr PeopleCommand kUndo{"undo", " [FACT...]",
                              "Takes back what was said last, or facts of the log: 12, or 12-15.",
                              add_nothing, people_undo};
constexpr PeopleCommand kLog{"log", "", "Lists what was said, and what contradicts what.", add_log,
                             people_log};

template <const PeopleCommand& command>
ExitStatus run_as(Arguments arguments) {
  PeopleOptions options;
  CommandLine line(fmt::format("people {} [OPTIONS]{}", command.name, command.arguments),
                   command.description);
  const std::string arguments_named = command.arguments;
  if (!arguments_named.empty())
    line.positionals(arguments_named.substr(1), options.words, 0, SIZE_MAX);
  command.add(options, line);
  options.output.add_json(line, "one JSON document");
  options.common.add_catalog(line);
  options.common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  options.output.grouped = line.given("group-separator");
  options.output.validate();
  options.model_given = line.given("model");
  if (line.given("limit") && options.limit < 1) fail<UsageError>("--limit must be at least 1");
  if (arguments_named.find("...") != arguments_named.npos) read_from_stdin(options.words);
  options.words.insert(options.words.begin(), command.name);
  return command.run(options);
}

constexpr std::array kPeopleCommands = {
    Command{"list", "list the people of the catalog, the largest first", run_as<kList>},
    Command{"show", "list all faces of people", run_as<kShow>},
    Command{"name", "give a person a name", run_as<kName>},
    Command{"merge", "say that two people are one", run_as<kMerge>},
    Command{"split", "say that some faces of a person are another person", run_as<kSplit>},
    Command{"move", "say who some faces are", run_as<kMove>},
    Command{"reject", "say that faces are not whom they are in", run_as<kReject>},
    Command{"hide", "keep people out of the lists", run_as<kHide>},
    Command{"unhide", "show hidden people again", run_as<kUnhide>},
    Command{"allow-same-photo", "say that a photo may show a person more than once",
            run_as<kAllowSamePhoto>},
    Command{"review", "ask about pairs that may be one person", run_as<kReview>},
    Command{"answer", "answer a pair of the review", run_as<kAnswer>},
    Command{"sheet", "draw a picture with a row of faces a person", run_as<kSheet>},
    Command{"undo", "take back what was said last", run_as<kUndo>},
    Command{"log", "list what was said", run_as<kLog>},
};

/// Null when nobody has the number (any more).
Json existing_person_json(const Catalog& catalog, PersonId id) {
  const auto record = catalog.person(id);
  if (!record || record->merged_into != 0) return nullptr;
  return person_json(find_person(catalog, id));
}

void report_in_words(const PeopleOptions& options, const std::vector<Statement>& statements,
                     const std::string& text) {
  if (!options.output.json && !text.empty()) log_info("{}", text);
  for (const Statement& statement : statements)
    for (const std::string& warning : statement.warnings) log_warning("{}", warning);
}

constexpr const char* kDescription =
    "What was found, and what you say about it. A PERSON is a number or a name, with or without "
    "capitals; a FACE is a number, which `facenet people show PERSON --csv` lists. Where many may "
    "stand, - reads them from stdin, one a line. All that you say takes effect at once, binds "
    "every later `facenet cluster`, and can be undone.";

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

std::vector<PersonId> PeopleOptions::people(const Catalog& catalog, std::size_t from) const {
  std::vector<PersonId> people;
  for (std::size_t i = from; i < words.size(); ++i) {
    const PersonId person = resolve_person(catalog, words[i]);
    require_person(catalog, person);
    if (std::find(people.begin(), people.end(), person) == people.end()) people.push_back(person);
  }
  return people;
}

void print_all(const std::vector<Person>& people, const OutputOptions& output,
               std::size_t stacks_shown) {
  if (!output.any_json()) return print_people(people, output, stacks_shown);
  Json json{{"people", Json::array()}};
  for (const Person& person : people) json["people"].push_back(person_json(person));
  print_records(json, "people", output);
}

ExitStatus report_statement(const PeopleOptions& options, const Catalog& catalog,
                            const Statement& statement, const std::string& text) {
  return report_statements(options, catalog, {statement}, text);
}

ExitStatus report_statements(const PeopleOptions& options, const Catalog& catalog,
                             const std::vector<Statement>& statements, const std::string& text) {
  if (options.output.json) {
    Json json{{"facts", Json::array()},
              {"moved_face_count", 0},
              {"warnings", Json::array()},
              {"people", Json::array()}};
    std::int64_t moved = 0;
    std::set<PersonId> people;
    for (const Statement& statement : statements) {
      if (statement.fact != 0) json["facts"].push_back(statement.fact);
      moved += statement.moved_faces;
      for (const std::string& warning : statement.warnings) json["warnings"].push_back(warning);
      if (!people.insert(statement.person).second) continue;
      if (Json person = existing_person_json(catalog, statement.person); !person.is_null())
        json["people"].push_back(std::move(person));
    }
    json["moved_face_count"] = moved;
    print_json(json);
  }
  report_in_words(options, statements, text);
  return ExitStatus::kOk;
}

void read_from_stdin(std::vector<std::string>& words) {
  const auto place = std::find(words.begin(), words.end(), "-");
  if (place == words.end()) return;
  std::vector<std::string> lines;
  for (std::string line; std::getline(std::cin, line);)
    if (!line.empty()) lines.push_back(std::move(line));
  words.insert(words.erase(place), lines.begin(), lines.end());
}

bool on_terminal() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

std::optional<std::string> ask(const std::string& question) {
  std::cerr << question << ' ' << std::flush;
  std::string answer;
  const InterruptibleRead reading;
  if (interrupted() || !std::getline(std::cin, answer)) return {};
  const auto first = answer.find_first_not_of(" \t\r");
  if (first == answer.npos) return "";
  return answer.substr(first, answer.find_last_not_of(" \t\r") - first + 1);
}

CommandGroup people_commands() {
  return {kPeopleCommands, kDescription, true};
}

}  // namespace facenet

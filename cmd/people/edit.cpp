// What the user says about people, one function a command.
#include <algorithm>
#include <charconv>
#include <functional>
#include <iostream>
#include <map>
#include <set>

#include "base/file.h"
#include "base/logging.h"
#include "base/name_form.h"
#include "base/text.h"
#include "cmd/fact_output.h"
#include "cmd/people/common.h"
#include "people/facts.h"
#include "people/partition.h"
#include "people/people.h"

namespace facenet {
namespace {

Catalog open_for_writing(const PeopleOptions& options) {
  return Catalog(options.common.catalog_path(), Catalog::Mode::kWrite);
}

PersonRecord record_of(const Catalog& catalog, PersonId id) {
  auto person = catalog.person(id);
  if (!person) fail("there is no person {}: `facenet people` lists them", id);
  return *std::move(person);
}

std::string call(const PersonRecord& person) {
  return person.name.empty() ? fmt::format("person {}", person.id)
                             : fmt::format("{} (person {})", person.name, person.id);
}

std::string call(const Catalog& catalog, PersonId id) {
  return call(record_of(catalog, id));
}

/// Which of the two goes into the other: by --keep, by name, by asking, by order.
std::pair<PersonId, PersonId> kept_and_absorbed(const PeopleOptions& options,
                                                const Catalog& catalog) {
  const PersonRecord first = record_of(catalog, resolve_person(catalog, options.words[1]));
  const PersonRecord second = record_of(catalog, resolve_person(catalog, options.words[2]));
  if (!options.keep.empty()) {
    const PersonId keep = resolve_person(catalog, options.keep);
    if (keep != first.id && keep != second.id)
      fail<UsageError>("--keep {}: give one of the two that are merged", options.keep);
    return keep == first.id ? std::pair(first.id, second.id) : std::pair(second.id, first.id);
  }
  if (!first.name.empty() && !second.name.empty() && !options.yes && first.id != second.id) {
    if (!on_terminal())
      fail<UsageError>(
          "{} and {} both have names: say which stays with --keep PERSON, or --yes "
          "for the first",
          call(first), call(second));
    for (;;) {
      const auto answer =
          ask(fmt::format("Which name stays: 1 {}, or 2 {}? (q: neither, do nothing)",
                          escape_control(first.name), escape_control(second.name)));
      if (!answer || answer == "q") fail("nothing was merged");
      if (answer == "1") break;
      if (answer == "2") return {second.id, first.id};
    }
  }
  if (first.name.empty() && !second.name.empty()) return {second.id, first.id};
  return {first.id, second.id};
}

PhotoId photo_at(const Catalog& catalog, const std::string& word) {
  const std::string wanted = absolute_path(word);
  for (const PathRecord& path : catalog.paths())
    if (path.path == wanted && path.photo) return *path.photo;
  fail("{}: there is no photo {}: scan it with `facenet cluster` first", catalog.path(), wanted);
}

void print_log_text(const std::vector<FactRecord>& facts, const Knowledge& knowledge) {
  for (const FactRecord& fact : facts) {
    if (fact.step != 0) continue;  // its first fact stands for it
    std::cout << fmt::format("{:5}  {}  {}{}\n", fact.id, escape_control(fact.created),
                             escape_control(describe_fact(fact, facts)),
                             fact.undone ? "  (undone)" : "");
    const auto is_of_step = [&](std::int64_t id) {
      const auto said = std::ranges::lower_bound(facts, id, {}, &FactRecord::id);
      return said->id == fact.id || said->step == fact.id;
    };
    for (const Disagreement& disagreement : knowledge.disagreements)
      if (is_of_step(disagreement.later))
        std::cout << fmt::format("{:5}  contradicts fact {}, which no longer counts there\n", "",
                                 disagreement.earlier);
  }
}

/// "fact 4", "facts 4 to 8": of statements that said something new, in the order of saying.
std::string call_facts(const std::vector<Statement>& statements) {
  std::vector<std::int64_t> facts;
  for (const Statement& statement : statements)
    if (statement.fact != 0) facts.push_back(statement.fact);
  if (facts.empty()) return "said before";
  if (facts.size() == 1) return fmt::format("fact {}", facts.front());
  return fmt::format("facts {} to {}", facts.front(), facts.back());
}

ExitStatus set_hidden(const PeopleOptions& options, bool hidden) {
  options.expect_words(1, SIZE_MAX, hidden ? "hide PERSON..." : "unhide PERSON...");
  Catalog catalog = open_for_writing(options);
  Catalog::Transaction transaction(catalog);
  const std::vector<PersonId> people = options.people(catalog, 1);
  std::vector<Statement> statements;
  statements.reserve(people.size());
  for (const PersonId person : people) statements.push_back(hide_person(catalog, person, hidden));
  transaction.commit();
  const char* const now = hidden ? "hidden" : "shown";
  const std::string text =
      people.size() == 1
          ? fmt::format("{} is {} now{}", call(catalog, people.front()), now,
                        statements.front().fact == 0 ? ", as before" : "")
          : fmt::format("{} people are {} now ({})", people.size(), now, call_facts(statements));
  return report_statements(options, catalog, statements, text);
}

/// "12" or "12-15": facts by number, the last first. Throws UsageError.
std::vector<std::int64_t> fact_numbers(const std::vector<std::string>& words) {
  std::set<std::int64_t, std::greater<>> facts;
  for (const std::string& word : words) {
    const char* const end = word.data() + word.size();
    std::int64_t first = 0;
    auto read = std::from_chars(word.data(), end, first);
    std::int64_t last = first;
    if (read.ec == std::errc{} && read.ptr != end && *read.ptr == '-')
      read = std::from_chars(read.ptr + 1, end, last);
    constexpr std::int64_t kMost = 1'000'000;  // a slip of the finger costs no more than a message
    if (read.ec != std::errc{} || read.ptr != end || first > last || last - first >= kMost)
      fail<UsageError>("'{}' is not the number of a fact, nor a range such as 3-8", word);
    for (std::int64_t fact = first; fact <= last; ++fact) facts.insert(fact);
  }
  return {facts.begin(), facts.end()};
}

}  // namespace

ExitStatus people_name(const PeopleOptions& options) {
  options.expect_words(2, 2, "name PERSON NAME [--force]");
  Catalog catalog = open_for_writing(options);
  const PersonId person = resolve_person(catalog, options.words[1]);
  const std::string& name = options.words[2];
  const Statement statement = name_person(catalog, person, name, options.force);
  return report_statement(options, catalog, statement,
                          name.empty() ? fmt::format("person {} has no name now", person)
                                       : fmt::format("person {} is {}", person, tidy_name(name)));
}

ExitStatus people_merge(const PeopleOptions& options) {
  options.expect_words(2, 2, "merge PERSON PERSON [--keep PERSON] [--yes]");
  Catalog catalog = open_for_writing(options);
  const auto [kept, absorbed] = kept_and_absorbed(options, catalog);
  const std::string gone = call(catalog, absorbed);
  const Statement statement = merge_people(catalog, kept, absorbed);
  return report_statement(
      options, catalog, statement,
      fmt::format("{} is {} now: {} joined (fact {})", gone, call(catalog, kept),
                  counted(statement.moved_faces, "face"), statement.fact));
}

ExitStatus people_split(const PeopleOptions& options) {
  options.expect_words(2, SIZE_MAX, "split PERSON FACE...");
  Catalog catalog = open_for_writing(options);
  const PersonId person = resolve_person(catalog, options.words[1]);
  const Statement statement = split_person(catalog, person, options.faces(2));
  return report_statement(
      options, catalog, statement,
      fmt::format("{} of {} {} person {} now (fact {})", counted(statement.moved_faces, "face"),
                  call(catalog, person), statement.moved_faces == 1 ? "is" : "are",
                  statement.person, statement.fact));
}

ExitStatus people_move(const PeopleOptions& options) {
  options.expect_words(1, SIZE_MAX, "move FACE... --to PERSON");
  if (options.to.empty()) fail<UsageError>("usage: facenet people move FACE... --to PERSON");
  Catalog catalog = open_for_writing(options);
  const std::vector<FaceId> faces = options.faces(1);
  const auto person = find_named(catalog, options.to);
  if (!person && !options.fresh)
    if (const auto meant = name_meant(catalog, options.to))
      fail(
          "there is no person named \"{}\"; did you mean \"{}\"? --new makes a person of that name",
          options.to, *meant);
  const Statement statement =
      person ? move_faces(catalog, faces, *person) : name_faces(catalog, faces, options.to);
  return report_statement(
      options, catalog, statement,
      fmt::format("{} {} {} now{} (fact {})", statement.moved_faces,
                  statement.moved_faces == 1 ? "face is" : "faces are",
                  call(catalog, statement.person), person ? "" : ", a new person", statement.fact));
}

/// Of several people each face is rejected from its own.
ExitStatus people_reject(const PeopleOptions& options) {
  options.expect_words(1, SIZE_MAX, "reject FACE...");
  Catalog catalog = open_for_writing(options);
  Catalog::Transaction transaction(catalog);
  std::map<PersonId, std::vector<FaceId>> faces_of;
  for (const FaceId face : options.faces(1))
    faces_of[require_person_of(catalog, face)].push_back(face);
  std::vector<Statement> statements;
  std::vector<std::string> lines;
  for (const auto& [person, faces] : faces_of) {
    statements.push_back(reject_faces(catalog, faces));
    const Statement& statement = statements.back();
    lines.push_back(fmt::format("{} {} not {}, for good (fact {})", statement.moved_faces,
                                statement.moved_faces == 1 ? "face is" : "faces are",
                                call(catalog, person), statement.fact));
  }
  transaction.commit();
  return report_statements(options, catalog, statements, fmt::format("{}", fmt::join(lines, "; ")));
}

ExitStatus people_hide(const PeopleOptions& options) {
  return set_hidden(options, true);
}

ExitStatus people_unhide(const PeopleOptions& options) {
  return set_hidden(options, false);
}

ExitStatus people_allow_same_photo(const PeopleOptions& options) {
  options.expect_words(1, 1, "allow-same-photo PHOTO");
  Catalog catalog = open_for_writing(options);
  const Statement statement = allow_same_photo(catalog, photo_at(catalog, options.words[1]));
  return report_statement(options, catalog, statement,
                          fmt::format("{} may show a person more than once{}", options.words[1],
                                      statement.fact == 0 ? ", as before" : ""));
}

ExitStatus people_undo(const PeopleOptions& options) {
  const auto wanted = fact_numbers({options.words.begin() + 1, options.words.end()});
  Catalog catalog = open_for_writing(options);
  Catalog::Transaction transaction(catalog);
  std::vector<Statement> statements;
  if (wanted.empty()) statements.push_back(undo_fact(catalog, {}));
  for (const std::int64_t fact : wanted) statements.push_back(undo_fact(catalog, fact));
  const auto facts = catalog.facts();  // before another process can change them
  transaction.commit();

  const auto fact_of = [&](std::int64_t id) {
    return *std::find_if(facts.begin(), facts.end(),
                         [&](const FactRecord& fact) { return fact.id == id; });
  };
  std::vector<std::string> undone;
  std::int64_t moved = 0;
  for (const Statement& statement : statements) {
    const FactRecord fact = fact_of(fact_of(statement.fact).undoes);
    undone.push_back(fmt::format("fact {} ({})", fact.id, describe_fact(fact, facts)));
    moved += statement.moved_faces;
  }
  const std::string what = undone.size() == 1 ? undone.front()
                                              : fmt::format("{} facts, {} to {}", undone.size(),
                                                            wanted.back(), wanted.front());
  return report_statements(
      options, catalog, statements,
      fmt::format("undone: {}; {} {} moved back", what, moved, moved == 1 ? "face" : "faces"));
}

ExitStatus people_log(const PeopleOptions& options) {
  options.expect_words(0, 0, "log");
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  const FactBook book(catalog);
  const auto& facts = book.facts();
  const Knowledge knowledge = knowledge_from(facts);
  if (options.output.any_json()) {
    Json json{{"facts", Json::array()}, {"contradictions", Json::array()}};
    for (const FactRecord& fact : facts) json["facts"].push_back(book.json(fact));
    for (const Disagreement& disagreement : knowledge.disagreements)
      json["contradictions"].push_back({{"later", disagreement.later},
                                        {"earlier", disagreement.earlier},
                                        {"text", disagreement.text}});
    print_records(json, "facts", options.output);
  } else if (options.output.csv) {
    std::cout << "fact,time,kind,text,undone,step\n";
    for (const FactRecord& fact : facts)
      std::cout << fmt::format("{},{},{},{},{},{}\n", fact.id, fact.created, fact.kind,
                               csv_field(describe_fact(fact, facts)), fact.undone ? 1 : 0,
                               fact.step == 0 ? "" : fmt::format("{}", fact.step));
  } else {
    print_log_text(facts, knowledge);
  }
  return ExitStatus::kOk;
}

}  // namespace facenet

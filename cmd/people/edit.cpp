// What the user says about people, one function a command.
#include <algorithm>
#include <charconv>
#include <iostream>

#include "base/file.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/people/common.h"
#include "people/facts.h"
#include "people/people.h"

namespace facenet {
namespace {

Catalog open_for_writing(const PeopleOptions& options) {
  return Catalog(options.common.catalog_path(), Catalog::Mode::kWrite);
}

const PersonRecord& record_of(const std::vector<PersonRecord>& people, PersonId id) {
  const auto found = std::find_if(people.begin(), people.end(),
                                  [&](const PersonRecord& person) { return person.id == id; });
  if (found == people.end()) fail("there is no person {}: `facenet people` lists them", id);
  return *found;
}

std::string call(const PersonRecord& person) {
  return person.name.empty() ? fmt::format("person {}", person.id)
                             : fmt::format("{} (person {})", person.name, person.id);
}

std::string call(const Catalog& catalog, PersonId id) {
  return call(record_of(catalog.people(), id));
}

/// Which of the two goes into the other: by --keep, by name, by asking, by order.
std::pair<PersonId, PersonId> kept_and_absorbed(const PeopleOptions& options,
                                                const Catalog& catalog) {
  const auto people = catalog.people();
  const PersonRecord& first = record_of(people, resolve_person(catalog, options.words[1]));
  const PersonRecord& second = record_of(people, resolve_person(catalog, options.words[2]));
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
      const std::string answer =
          ask(fmt::format("Which name stays: 1 {}, or 2 {}? (q: neither, do nothing)",
                          escape_control(first.name), escape_control(second.name)));
      if (answer == "1") break;
      if (answer == "2") return {second.id, first.id};
      if (answer == "q") fail("nothing was merged");
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

Json fact_json(const FactRecord& fact, const std::vector<FactRecord>& facts) {
  const auto or_null = [](std::int64_t id) { return id == 0 ? Json(nullptr) : Json(id); };
  Json undone_by = nullptr;
  for (const FactRecord& other : facts)
    if (other.undoes == fact.id && !other.undone) undone_by = other.id;
  return {{"fact", fact.id},
          {"time", fact.created},
          {"kind", fact.kind},
          {"text", describe_fact(fact)},
          {"person", or_null(fact.person)},
          {"other", or_null(fact.other)},
          {"photo", or_null(fact.photo)},
          {"name", fact.kind == fact_kind::kName ? Json(fact.value) : Json(nullptr)},
          {"faces", fact.given},
          {"undoes", or_null(fact.undoes)},
          {"undone_by", undone_by}};
}

void print_log_text(const std::vector<FactRecord>& facts, const Knowledge& knowledge) {
  for (const FactRecord& fact : facts) {
    std::cout << fmt::format("{:5}  {}  {}{}\n", fact.id, fact.created,
                             escape_control(describe_fact(fact)), fact.undone ? "  (undone)" : "");
    for (const Disagreement& disagreement : knowledge.disagreements)
      if (disagreement.later == fact.id)
        std::cout << fmt::format("{:5}  contradicts fact {}, which no longer counts there\n", "",
                                 disagreement.earlier);
  }
}

ExitStatus set_hidden(const PeopleOptions& options, bool hidden) {
  options.expect_words(1, 1, hidden ? "hide PERSON" : "unhide PERSON");
  Catalog catalog = open_for_writing(options);
  const PersonId person = resolve_person(catalog, options.words[1]);
  const Statement statement = hide_person(catalog, person, hidden);
  return report_statement(
      options, catalog, statement,
      fmt::format("{} is {} now{}", call(catalog, person), hidden ? "hidden" : "shown",
                  statement.fact == 0 ? ", as before" : ""));
}

}  // namespace

ExitStatus people_name(const PeopleOptions& options) {
  options.expect_words(2, 2, "name PERSON NAME");
  Catalog catalog = open_for_writing(options);
  const PersonId person = resolve_person(catalog, options.words[1]);
  const std::string& name = options.words[2];
  const Statement statement = name_person(catalog, person, name);
  return report_statement(options, catalog, statement,
                          name.empty() ? fmt::format("person {} has no name now", person)
                                       : fmt::format("person {} is {}", person, name));
}

ExitStatus people_merge(const PeopleOptions& options) {
  options.expect_words(2, 2, "merge PERSON PERSON [--keep PERSON] [--yes]");
  Catalog catalog = open_for_writing(options);
  const auto [kept, absorbed] = kept_and_absorbed(options, catalog);
  const std::string gone = call(catalog, absorbed);
  const Statement statement = merge_people(catalog, kept, absorbed);
  return report_statement(options, catalog, statement,
                          fmt::format("{} is {} now: {} faces joined (fact {})", gone,
                                      call(catalog, kept), statement.moved_faces, statement.fact));
}

ExitStatus people_split(const PeopleOptions& options) {
  options.expect_words(2, SIZE_MAX, "split PERSON FACE...");
  Catalog catalog = open_for_writing(options);
  const PersonId person = resolve_person(catalog, options.words[1]);
  const Statement statement = split_person(catalog, person, options.faces(2));
  return report_statement(
      options, catalog, statement,
      fmt::format("{} faces of {} are person {} now (fact {})", statement.moved_faces,
                  call(catalog, person), statement.person, statement.fact));
}

ExitStatus people_move(const PeopleOptions& options) {
  options.expect_words(1, SIZE_MAX, "move FACE... --to PERSON");
  if (options.to.empty()) fail<UsageError>("usage: facenet people move FACE... --to PERSON");
  Catalog catalog = open_for_writing(options);
  const PersonId person = resolve_person(catalog, options.to);
  const Statement statement = move_faces(catalog, options.faces(1), person);
  return report_statement(options, catalog, statement,
                          fmt::format("{} faces are {} now (fact {})", statement.moved_faces,
                                      call(catalog, person), statement.fact));
}

ExitStatus people_reject(const PeopleOptions& options) {
  options.expect_words(1, SIZE_MAX, "reject FACE...");
  Catalog catalog = open_for_writing(options);
  const Statement statement = reject_faces(catalog, options.faces(1));
  return report_statement(
      options, catalog, statement,
      fmt::format("{} faces are not {}, for good (fact {})", statement.moved_faces,
                  call(catalog, statement.person), statement.fact));
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
  options.expect_words(0, 1, "undo [FACT]");
  std::optional<std::int64_t> id;
  if (options.words.size() == 2) {
    const std::string& word = options.words[1];
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id.emplace());
    if (error != std::errc{} || end != word.data() + word.size())
      fail<UsageError>("'{}' is not the number of a fact", word);
  }
  Catalog catalog = open_for_writing(options);
  const Statement statement = undo_fact(catalog, id);
  const auto facts = catalog.facts();
  const auto undone = std::find_if(facts.begin(), facts.end(), [&](const FactRecord& fact) {
    return fact.id == facts.back().undoes;
  });
  return report_statement(options, catalog, statement,
                          fmt::format("undone: fact {} ({}); {} faces moved back", undone->id,
                                      describe_fact(*undone), statement.moved_faces));
}

ExitStatus people_log(const PeopleOptions& options) {
  options.expect_words(0, 0, "log");
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  const auto facts = catalog.facts();
  const Knowledge knowledge = knowledge_from(facts);
  if (options.output.json) {
    Json json{{"facts", Json::array()}, {"contradictions", Json::array()}};
    for (const FactRecord& fact : facts) json["facts"].push_back(fact_json(fact, facts));
    for (const Disagreement& disagreement : knowledge.disagreements)
      json["contradictions"].push_back({{"later", disagreement.later},
                                        {"earlier", disagreement.earlier},
                                        {"text", disagreement.text}});
    print_json(json);
  } else if (options.output.csv) {
    std::cout << "fact,time,kind,text,undone\n";
    for (const FactRecord& fact : facts)
      std::cout << fmt::format("{},{},{},{},{}\n", fact.id, fact.created, fact.kind,
                               csv_field(describe_fact(fact)), fact.undone ? 1 : 0);
  } else {
    print_log_text(facts, knowledge);
  }
  return ExitStatus::kOk;
}

}  // namespace facenet

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

#include "base/error.h"
#include "base/name_form.h"
#include "base/nearest.h"
#include "base/text.h"
#include "people/facts.h"
#include "people/partition.h"
#include "people/say.h"
#include "people/statements.h"

namespace facenet {
namespace {

void require_valid_name(PersonId id, const std::string& name) {
  if (!is_valid_utf8(name)) fail("the name \"{}\" is not UTF-8: type it in a UTF-8 terminal", name);
  if (is_blank_name(name))
    fail("the name \"{}\" is only spaces, or cannot be seen at all: give another", name);
  if (has_unseen_letters(name))
    fail("the name \"{}\" has line breaks, or characters that cannot be seen: leave them out",
         name);
  if (reads_as_number(name))
    fail(
        "\"{}\" is a number, which would mean the person that has it: if the two are one person, "
        "run "
        "`facenet people merge {} {}`; else give a name with a letter",
        name, id, name);
}

std::optional<PersonId> as_number(const std::string& word) {
  PersonId id = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
  if (word.empty() || error != std::errc{} || end != word.data() + word.size()) return {};
  return id;
}

/// A name that could be taken for another person, or that is, unless that is wanted.
void require_meant_name(const std::vector<PersonRecord>& named, PersonId id,
                        const std::string& name) {
  for (const PersonRecord& other : named)
    if (other.id != id && fold_name(other.name) == fold_name(name))
      fail(
          "person {} is {} already: if the two are one person, run `facenet people merge {} {}`; "
          "--force takes \"{}\" for another name",
          other.id, other.name, other.id, id, name);
}

void require_unused_name(const std::vector<PersonRecord>& named, PersonId id,
                         const std::string& name) {
  for (const PersonRecord& other : named)
    if (other.id != id && tidy_name(other.name) == name)
      fail(
          "person {} is {} already: if the two are one person, run `facenet people merge {} {}`; "
          "else give another name",
          other.id, name, other.id, id);
}

/// For a name that is valid and tidy.
void require_free_name(const Catalog& catalog, PersonId id, const std::string& name,
                       bool as_given) {
  const std::vector<PersonRecord> named = catalog.named_people();
  require_unused_name(named, id, name);
  if (!as_given) require_meant_name(named, id, name);
}

}  // namespace

std::optional<PersonId> find_named(const Catalog& catalog, const std::string& word) {
  if (const auto number = as_number(word)) return number;
  if (word.empty()) return {};
  const std::string folded = fold_name(word);
  if (folded.empty()) return {};
  std::vector<PersonRecord> same_but_for_case;
  for (PersonRecord& person : catalog.named_people()) {
    if (person.name == word) return person.id;
    if (fold_name(person.name) == folded) same_but_for_case.push_back(std::move(person));
  }
  if (same_but_for_case.size() > 1)
    fail("\"{}\" may be person {} {} or person {} {}: write the name as it is, or give the number",
         word, same_but_for_case[0].id, same_but_for_case[0].name, same_but_for_case[1].id,
         same_but_for_case[1].name);
  if (same_but_for_case.empty()) return {};
  return same_but_for_case.front().id;
}

PersonId resolve_person(const Catalog& catalog, const std::string& word) {
  if (const auto person = find_named(catalog, word)) return *person;
  if (const auto meant = name_meant(catalog, word))
    fail("{}: there is no person named \"{}\"; did you mean \"{}\"?", catalog.path(), word, *meant);
  fail("{}: there is no person named \"{}\": `facenet people` lists them", catalog.path(), word);
}

std::vector<PersonId> resolve_people(const Catalog& catalog, const std::string& list) {
  for (const PersonRecord& person : catalog.named_people())
    if (person.name == list) return {person.id};
  std::vector<PersonId> people;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const PersonId person = resolve_person(catalog, list.substr(begin, end - begin));
    if (std::ranges::find(people, person) == people.end()) people.push_back(person);
    begin = end + 1;
  }
  return people;
}

std::optional<std::string> name_meant(const Catalog& catalog, const std::string& word) {
  std::vector<std::string> folded;
  std::map<std::string, std::string> names;
  for (const PersonRecord& person : catalog.named_people()) {
    folded.push_back(fold_name(person.name));
    names.emplace(folded.back(), person.name);
  }
  const auto meant = nearest_word(fold_name(word), folded);
  if (!meant) return {};
  return names.at(*meant);
}

Statement name_person(Catalog& catalog, PersonId person, const std::string& given, bool as_given) {
  if (!given.empty()) require_valid_name(person, given);
  const std::string name = tidy_name(given);
  Catalog::Transaction transaction(catalog);
  const PersonRecord before = require_person(catalog, person);
  FactRecord fact{.kind = fact_kind::kName, .person = person, .value = name};
  fact.faces = catalog.faces_of_person(person);
  if (name.empty()) {
    if (before.name.empty()) return {.person = person};  // nothing to take away
  } else {
    require_free_name(catalog, person, name, as_given || before.name == name);
    if (fact.faces.empty()) fail("person {} has no faces to name", person);
  }
  Statement statement = say(catalog, fact);
  transaction.commit();
  return statement;
}

Statement name_faces(Catalog& catalog, std::span<const FaceId> faces, const std::string& given,
                     bool as_given) {
  Catalog::Transaction transaction(catalog);
  const PersonId person = catalog.add_person();
  require_valid_name(person, given);
  const std::string name = tidy_name(given);
  require_free_name(catalog, person, name, as_given);
  FactRecord fact{.kind = fact_kind::kName, .person = person, .value = name};
  give_faces(fact, catalog, faces, person);
  Statement statement = say(catalog, fact);
  transaction.commit();
  return statement;
}

}  // namespace facenet

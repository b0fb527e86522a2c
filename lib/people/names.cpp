#include "people/names.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "people/people.h"

namespace facenet {
namespace {

constexpr const char* kNameFact = "name";

bool has_line_break_or_control(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(name.begin(), name.end(), is_control)) return true;
  // U+0085, U+2028 and U+2029 are line breaks too.
  return name.find("\u0085") != name.npos || name.find("\u2028") != name.npos ||
         name.find("\u2029") != name.npos;
}

void require_valid_name(const std::string& name) {
  if (!is_valid_utf8(name)) fail("the name \"{}\" is not UTF-8: type it in a UTF-8 terminal", name);
  if (has_line_break_or_control(name))
    fail("the name \"{}\" has line breaks or control characters: leave them out", name);
  if (name.find_first_not_of(' ') == name.npos)
    fail("a name of spaces cannot be seen: give another");
}

const PersonRecord& require_person(const Catalog& catalog, const std::vector<PersonRecord>& people,
                                   PersonId id) {
  const auto person = std::find_if(people.begin(), people.end(),
                                   [&](const PersonRecord& other) { return other.id == id; });
  if (person == people.end())
    fail("{}: there is no person {}: `facenet people` lists them", catalog.path(), id);
  return *person;
}

void require_unused_name(const std::vector<PersonRecord>& people, PersonId id,
                         const std::string& name) {
  for (const PersonRecord& other : people)
    if (other.id != id && other.name == name)
      fail("person {} has the name \"{}\" already: take it away there, or give another", other.id,
           name);
}

std::vector<FaceId> faces_of_person(const Catalog& catalog, PersonId id) {
  std::vector<FaceId> faces;
  for (const auto& [face, person] : catalog.memberships())
    if (person == id) faces.push_back(face);
  return faces;
}

}  // namespace

std::map<FaceId, PersonId> faces_held_by_names(const std::vector<FactRecord>& facts) {
  std::map<FaceId, PersonId> held;
  for (const FactRecord& fact : facts) {
    if (fact.kind != kNameFact) continue;
    if (fact.value.empty())
      std::erase_if(held, [&](const auto& entry) { return entry.second == fact.person; });
    else
      for (const FaceId face : fact.faces) held.insert_or_assign(face, fact.person);
  }
  return held;
}

void name_person(Catalog& catalog, PersonId person, const std::string& name) {
  Catalog::Transaction transaction(catalog);
  const std::vector<PersonRecord> people = catalog.people();
  const PersonRecord& before = require_person(catalog, people, person);
  if (name.empty()) {
    if (before.name.empty()) return;  // nothing to take away
  } else {
    require_valid_name(name);
    require_unused_name(people, person, name);
  }
  FactRecord fact;
  fact.kind = kNameFact;
  fact.person = person;
  fact.value = name;
  fact.faces = faces_of_person(catalog, person);
  catalog.add_fact(fact);
  transaction.commit();
}

}  // namespace facenet

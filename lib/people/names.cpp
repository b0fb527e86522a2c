#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "people/facts.h"
#include "people/partition.h"
#include "people/say.h"
#include "people/statements.h"

namespace facenet {
namespace {

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

void require_unused_name(const std::vector<PersonRecord>& people, PersonId id,
                         const std::string& name) {
  for (const PersonRecord& other : people)
    if (other.id != id && other.name == name)
      fail("person {} has the name \"{}\" already: take it away there, or give another", other.id,
           name);
}

}  // namespace

Statement name_person(Catalog& catalog, PersonId person, const std::string& name) {
  Catalog::Transaction transaction(catalog);
  const Partition partition(catalog);
  const PersonRecord& before = partition.require_person(person);
  FactRecord fact{.kind = fact_kind::kName, .person = person, .value = name};
  fact.faces = partition.faces_of(person);
  if (name.empty()) {
    if (before.name.empty()) return {.person = person};  // nothing to take away
  } else {
    require_valid_name(name);
    require_unused_name(partition.people, person, name);
    if (fact.faces.empty()) fail("person {} has no faces to name", person);
  }
  Statement statement = say(catalog, partition, fact);
  transaction.commit();
  return statement;
}

}  // namespace facenet

#include "cmd/fact_output.h"

#include "people/facts.h"

namespace facenet {
namespace {

Json number_or_null(std::int64_t id) {
  return id == 0 ? Json(nullptr) : Json(id);
}

}  // namespace

FactBook::FactBook(const Catalog& catalog) : facts_(catalog.facts()), places_(catalog) {
  for (const FactRecord& fact : facts_)
    if (fact.undoes != 0 && !fact.undone) undone_by_[fact.undoes] = fact.id;
}

Json FactBook::json(const FactRecord& fact) const {
  Json json{{"fact", fact.id},
            {"time", fact.created},
            {"kind", fact.kind},
            {"text", describe_fact(fact, facts_)},
            {"person", number_or_null(fact.person)},
            {"other_person", number_or_null(fact.other)},
            {"photo", nullptr}};
  if (const auto paths = places_.of(fact.photo); !paths.empty())
    set_photo(json, paths.front().path);
  const auto undoing = undone_by_.find(fact.id);
  json.update({{"name", fact.kind == fact_kind::kName ? Json(fact.value) : Json(nullptr)},
               {"faces", fact.given},
               {"undoes", number_or_null(fact.undoes)},
               {"undone_by", undoing == undone_by_.end() ? Json(nullptr) : Json(undoing->second)},
               {"step", number_or_null(fact.step)}});
  return json;
}

}  // namespace facenet

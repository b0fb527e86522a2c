#include "library/merging/common_origin.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include "base/format.h"

namespace facenet {
namespace {

struct Split {
  std::string name;
  CommonOrigin last;
};

/// In their order; what is no list of them is none.
std::vector<Split> splits_of(const Catalog& catalog) {
  std::istringstream words(catalog.property(kSplitsProperty).value_or(""));
  std::vector<Split> splits;
  for (Split split; words >> split.name >> split.last.last_fact >> split.last.last_person;)
    splits.push_back(split);
  return splits;
}

/// The numbers of both still mean the same.
bool have_same_facts(const Catalog& a, const Catalog& b, const CommonOrigin& origin) {
  std::map<std::int64_t, FactRecord> facts;
  for (FactRecord& fact : a.facts())
    if (origin.has(fact)) facts.emplace(fact.id, std::move(fact));
  return std::ranges::all_of(b.facts(), [&](const FactRecord& fact) {
    const auto found = facts.find(fact.id);
    return found == facts.end() ||
           (found->second.kind == fact.kind && found->second.created == fact.created &&
            found->second.undoes == fact.undoes);
  });
}

}  // namespace

void note_split(Catalog& part, const std::string& split, const CommonOrigin& last) {
  const std::string before = part.property(kSplitsProperty).value_or("");
  part.set_property(kSplitsProperty, fmt::format("{}{}{} {} {}", before, before.empty() ? "" : " ",
                                                 split, last.last_fact, last.last_person));
}

CommonOrigin common_origin(const Catalog& a, const Catalog& b) {
  CommonOrigin common;
  const std::vector<Split> others = splits_of(b);
  for (const Split& split : splits_of(a))
    if (std::ranges::find(others, split.name, &Split::name) != others.end()) common = split.last;
  if (common.last_fact > 0 && !have_same_facts(a, b, common)) common.last_fact = 0;
  return common;
}

}  // namespace facenet

#include "library/merging/same_people.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace facenet {

bool SamePeople::is_free(PersonId theirs, PersonId ours) const {
  return !ours_.contains(theirs) && !taken_.contains(ours);
}

void SamePeople::match(PersonId theirs, PersonId ours) {
  if (theirs == 0 || ours == 0) return;
  if (ours_.emplace(theirs, ours).second) taken_.insert(ours);
}

void SamePeople::match_by_numbers(PersonId last) {
  if (last == 0) return;
  std::set<PersonId> known;
  for (const PersonRecord& person : into_.people()) known.insert(person.id);
  for (const PersonRecord& person : from_.people()) {
    if (person.id > last) continue;
    match(person.id, person.id);
    if (known.contains(person.id)) continue;
    into_.put_person(person.id);
    ++new_;
  }
}

void SamePeople::match_by_names() {
  std::map<std::string, PersonId> named;
  for (const PersonRecord& person : into_.named_people()) named.emplace(person.name, person.id);
  for (const PersonRecord& person : from_.named_people())
    if (const auto same = named.find(person.name);
        same != named.end() && is_free(person.id, same->second))
      match(person.id, same->second);
}

void SamePeople::match_by_faces(const Counterparts& counterparts) {
  const std::map<FaceId, PersonId> homes = into_.memberships();
  std::map<std::pair<PersonId, PersonId>, std::int64_t> shared;
  for (const auto& [face, person] : from_.memberships())
    if (const auto ours = counterparts.face(face))
      if (const auto home = homes.find(*ours); home != homes.end())
        ++shared[{person, home->second}];
  std::vector<std::tuple<std::int64_t, PersonId, PersonId>> pairs;
  for (const auto& [pair, faces] : shared) pairs.emplace_back(-faces, pair.first, pair.second);
  std::ranges::sort(pairs);
  for (const auto& [faces, theirs, ours] : pairs)
    if (is_free(theirs, ours)) match(theirs, ours);
}

PersonId SamePeople::known(PersonId theirs) const {
  const auto found = ours_.find(theirs);
  return found == ours_.end() ? 0 : found->second;
}

PersonId SamePeople::of(PersonId theirs) {
  if (theirs == 0) return 0;
  const auto [place, fresh] = ours_.try_emplace(theirs);
  if (fresh) {
    place->second = into_.add_person();
    taken_.insert(place->second);
    ++new_;
  }
  return place->second;
}

}  // namespace facenet

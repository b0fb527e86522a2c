#include "people/quality.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/format.h"
#include "base/text.h"
#include "people/facts.h"
#include "people/partition.h"

namespace facenet {
namespace {

using Member = PeopleVectors::Member;

constexpr std::size_t kFacesOfAnyone = 5;  ///< a spread of fewer says little
constexpr std::size_t kLeastOthers = 8;

/// Names needed, the largest nameless person first, until `share` of the faces have one.
std::int64_t names_needed(std::vector<std::int64_t> nameless, std::int64_t named,
                          std::int64_t faces, double share) {
  std::sort(nameless.rbegin(), nameless.rend());
  const auto wanted = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(faces)));
  std::int64_t needed = 0;
  for (std::size_t i = 0; i < nameless.size() && named < wanted; ++i) {
    named += nameless[i];
    ++needed;
  }
  return needed;
}

std::int64_t count_prevented(const PeopleVectors& vectors, const WouldJoin& would_join) {
  const ClusteringInput& input = vectors.input();
  std::unordered_map<std::int64_t, std::vector<const Member*>> in_photo;
  for (const Member& member : vectors.people())
    for (const std::size_t row : member.core)
      if (member.recognisable && input.photo[row] >= 0)
        in_photo[input.photo[row]].push_back(&member);
  std::set<std::pair<PersonId, PersonId>> seen;
  std::int64_t prevented = 0;
  for (const auto& [photo, members] : in_photo)
    for (std::size_t i = 0; i < members.size(); ++i)
      for (std::size_t k = i + 1; k < members.size(); ++k) {
        const Member& a = *members[i];
        const Member& b = *members[k];
        if (a.id == b.id || !seen.insert(std::minmax(a.id, b.id)).second) continue;
        if (would_join(a, b)) ++prevented;
      }
  return prevented;
}

/// Linear between the two nearest.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

void measure_spread(const PeopleVectors& vectors, CatalogQuality& quality) {
  const auto& people = vectors.people();
  if (people.empty()) return;
  const auto largest = std::max_element(
      people.begin(), people.end(),
      [](const Member& a, const Member& b) { return a.rows.size() < b.rows.size(); });
  quality.largest = largest->id;
  quality.largest_faces = std::ssize(largest->rows);
  quality.largest_spread = PeopleVectors::spread(*largest);
  std::vector<double> others;
  for (const Member& member : people)
    if (member.id != largest->id && member.rows.size() >= kFacesOfAnyone)
      others.push_back(PeopleVectors::spread(member));
  if (others.size() < kLeastOthers) return;
  std::sort(others.begin(), others.end());
  const double lower = quantile(others, 0.25);
  const double upper = quantile(others, 0.75);
  quality.usual_spread = quantile(others, 0.5);
  quality.spread_bound = upper + 1.5 * (upper - lower);
}

}  // namespace

CatalogQuality measure_quality(const Catalog& catalog, const PeopleVectors& vectors,
                               const WouldJoin& would_join) {
  std::unordered_set<PersonId> named;
  std::unordered_set<PersonId> hidden;
  for (const PersonRecord& person : catalog.people()) {
    if (!person.name.empty()) named.insert(person.id);
    if (person.hidden) hidden.insert(person.id);
  }
  CatalogQuality quality;
  std::vector<std::int64_t> nameless;
  for (const Member& member : vectors.people()) {
    const std::int64_t faces = std::ssize(member.rows);
    if (hidden.contains(member.id)) {
      quality.hidden_faces += faces;
      continue;
    }
    if (!member.recognisable && !named.contains(member.id)) {
      quality.unrecognisable_faces += faces;
      continue;
    }
    ++quality.people;
    quality.faces += faces;
    if (named.contains(member.id)) {
      ++quality.named_people;
      quality.named_faces += faces;
    } else {
      nameless.push_back(faces);
    }
  }
  quality.names_to_80_percent = names_needed(nameless, quality.named_faces, quality.faces, 0.80);
  quality.names_to_95_percent = names_needed(nameless, quality.named_faces, quality.faces, 0.95);
  quality.prevented_joins = count_prevented(vectors, would_join);
  quality.broken_facts = std::ssize(broken_facts(catalog));
  quality.disagreements = std::ssize(knowledge_from(catalog.facts()).disagreements);
  measure_spread(vectors, quality);
  return quality;
}

double CatalogQuality::named_share() const {
  return faces == 0 ? 0 : static_cast<double>(named_faces) / static_cast<double>(faces);
}

std::vector<std::pair<std::string, std::string>> describe_quality(const CatalogQuality& quality,
                                                                  const ClusteringRecord& run) {
  std::vector<std::pair<std::string, std::string>> rows;
  const auto row = [&](const char* what, std::string value) {
    rows.emplace_back(what, std::move(value));
  };
  row("people", fmt::format("{} of {}; {} more of hidden people", with_thousands(quality.people),
                            counted(quality.faces, "face"), counted(quality.hidden_faces, "face")));
  if (quality.unrecognisable_faces > 0)
    row("not recognisable", fmt::format("{} with nobody: `facenet people list --unrecognisable`",
                                        counted(quality.unrecognisable_faces, "face")));
  row("named",
      fmt::format("{}, {:.1f} % of the faces", counted(quality.named_people, "person", "people"),
                  100 * quality.named_share()));
  row("names to go", fmt::format("{} for 80 % of the faces, {} for 95 %",
                                 with_thousands(quality.names_to_80_percent),
                                 with_thousands(quality.names_to_95_percent)));
  row("same photo",
      fmt::format("{} near enough to join are kept apart, because a photo shows "
                  "both",
                  counted(quality.prevented_joins, "pair of people", "pairs of people")));
  row("contradictions",
      fmt::format("{} between facts: `facenet people log` shows them", quality.disagreements));
  if (quality.broken_facts > 0)
    row("broken facts",
        fmt::format("{}: run `facenet cluster`, and please report this", quality.broken_facts));
  row("largest person",
      fmt::format("person {}: {}, spread {:.3f}{}", quality.largest,
                  counted(quality.largest_faces, "face"), quality.largest_spread,
                  quality.usual_spread ? fmt::format("; others {:.3f}, at most {:.3f} is usual",
                                                     *quality.usual_spread, *quality.spread_bound)
                                       : ""));
  row("grouped by",
      run.threshold
          ? fmt::format("threshold {:.3f}, the same for all", *run.threshold)
          : fmt::format("how alike people are, for how many photos they have, among {} seen once "
                        "and {} seen more often",
                        counted(static_cast<long long>(run.rivals.of_one), "person", "people"),
                        with_thousands(static_cast<long long>(run.rivals.of_more))));
  row("last run",
      fmt::format("{}, {:.3f} s, {} MiB at most", run.created, run.seconds, run.peak_bytes >> 20));
  row("churn",
      fmt::format("{} moved to other people, {} new, {} gone; {} kept",
                  counted(run.churned_faces, "face"), counted(run.new_people, "person", "people"),
                  with_thousands(run.vanished_people), counted(run.kept_names, "name")));
  return rows;
}

}  // namespace facenet

#include "library/explain.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "base/distance.h"
#include "base/error.h"
#include "catalog/damage.h"
#include "index/linkage/agglomerate.h"
#include "library/attach_faces.h"
#include "library/grouping_rule.h"
#include "library/recluster.h"
#include "people/facts.h"
#include "people/grouping/hold_back.h"

namespace facenet {
namespace {

using Rows = std::vector<std::int64_t>;

constexpr std::size_t kLinksShown = 3;

/// The two sides of a question about the rows `a` and `b`: their clusters just before they joined,
/// or, where they are not one person, those that they were left in.
struct Sides {
  Rows a, b;
  std::optional<double> joined_at;
  bool one_block = false;
};

/// With an infinite `threshold`, of two faces that are one person.
Sides find_sides(const ClusteringInput& input, const std::vector<Merge>& merges, double threshold,
                 std::int64_t a, std::int64_t b) {
  std::vector<Rows> members(input.faces.size());
  std::vector<std::int64_t> home(input.faces.size());
  std::iota(home.begin(), home.end(), 0);
  for (std::int64_t row = 0; row < std::ssize(home); ++row)
    members[static_cast<std::size_t>(row)] = {row};
  const auto join = [&](std::int64_t first, std::int64_t second) {
    Rows& into = members[static_cast<std::size_t>(first)];
    Rows& from = members[static_cast<std::size_t>(second)];
    for (const std::int64_t row : from) home[static_cast<std::size_t>(row)] = first;
    into.insert(into.end(), from.begin(), from.end());
    from.clear();
  };
  const auto home_of = [&](std::int64_t row) { return home[static_cast<std::size_t>(row)]; };
  const auto rows_with = [&](std::int64_t row) {
    return members[static_cast<std::size_t>(home_of(row))];
  };

  std::map<std::int64_t, std::int64_t> first_of_block;
  for (std::int64_t row = 0; row < std::ssize(home); ++row) {
    const std::int64_t block = input.block[static_cast<std::size_t>(row)];
    if (block < 0) continue;
    const auto [first, fresh] = first_of_block.emplace(block, row);
    if (!fresh) join(first->second, row);
  }
  Sides sides;
  if (home_of(a) == home_of(b)) {
    sides.one_block = true;
    sides.a = {a};
    sides.b = {b};
    return sides;
  }
  for (const Merge& merge : merges) {
    const bool asked = (merge.first == home_of(a) && merge.second == home_of(b)) ||
                       (merge.first == home_of(b) && merge.second == home_of(a));
    if (asked) {
      sides.joined_at = merge.height;
      break;
    }
    // Of two that join above the threshold, or never, the question is about what it left them in.
    if (merge.height > threshold && sides.a.empty()) {
      sides.a = rows_with(a);
      sides.b = rows_with(b);
    }
    join(merge.first, merge.second);
  }
  if (sides.a.empty()) {
    sides.a = rows_with(a);
    sides.b = rows_with(b);
  }
  return sides;
}

std::vector<Explanation::Link> nearest_links(const ClusteringInput& input,
                                             const std::vector<float>& vectors,
                                             std::size_t dimension, const Sides& sides,
                                             double& mean) {
  const auto vector = [&](std::int64_t row) {
    return std::span(vectors).subspan(static_cast<std::size_t>(row) * dimension, dimension);
  };
  std::vector<Explanation::Link> links;
  double sum = 0;
  for (const std::int64_t a : sides.a) {
    Explanation::Link nearest{.distance = 5};
    for (const std::int64_t b : sides.b) {
      const double distance = squared_distance(vector(a), vector(b));
      sum += distance;
      if (distance < nearest.distance)
        nearest = {input.faces[static_cast<std::size_t>(a)],
                   input.faces[static_cast<std::size_t>(b)], distance};
    }
    links.push_back(nearest);
  }
  mean = sum / (static_cast<double>(sides.a.size()) * static_cast<double>(sides.b.size()));
  std::sort(links.begin(), links.end(), [](const auto& a, const auto& b) {
    return std::tie(a.distance, a.a, a.b) < std::tie(b.distance, b.a, b.b);
  });
  if (links.size() > kLinksShown) links.resize(kLinksShown);
  return links;
}

std::string fact_text(const std::vector<FactRecord>& facts, std::int64_t id) {
  const auto fact = std::find_if(facts.begin(), facts.end(),
                                 [&](const FactRecord& other) { return other.id == id; });
  return fmt::format("fact {}: {}", id, describe_fact(*fact));
}

std::vector<std::string> facts_holding(const std::vector<FactRecord>& facts, PersonId person) {
  std::vector<std::string> lines;
  for (const FactRecord& fact : facts) {
    const bool holds = fact.kind == fact_kind::kName || fact.kind == fact_kind::kMerge ||
                       fact.kind == fact_kind::kMove || fact.kind == fact_kind::kHide;
    const bool splits_off = fact.kind == fact_kind::kSplit && fact.other == person;
    if (!fact.undone && ((holds && fact.person == person) || splits_off))
      lines.push_back(fact_text(facts, fact.id));
  }
  return lines;
}

std::string seen_together_text(const ClusteringInput& input,
                               const ClusteringInput::Separation& separation) {
  const auto face = [&](const Rows& rows) {
    return input.faces[static_cast<std::size_t>(rows.front())];
  };
  return fmt::format("faces {} and {} were seen in one frame of a video", face(separation.left),
                     face(separation.right));
}

/// All that forbids the two sides to join.
std::vector<std::string> what_forbids(const ClusteringInput& input,
                                      const std::vector<FactRecord>& facts, const Sides& sides) {
  std::vector<std::string> lines;
  std::map<std::int64_t, std::int64_t> photos;
  std::set<std::int64_t> labels;
  for (const std::int64_t a : sides.a) {
    const auto row = static_cast<std::size_t>(a);
    if (input.photo[row] >= 0) photos.emplace(input.photo[row], a);
    if (input.label[row] >= 0) labels.insert(input.label[row]);
  }
  for (const std::int64_t b : sides.b) {
    const auto row = static_cast<std::size_t>(b);
    if (const auto shared = photos.find(input.photo[row]); shared != photos.end()) {
      lines.push_back(fmt::format("faces {} and {} are of one photo",
                                  input.faces[static_cast<std::size_t>(shared->second)],
                                  input.faces[row]));
      break;
    }
  }
  std::set<std::int64_t> others;
  for (const std::int64_t b : sides.b)
    if (const std::int64_t label = input.label[static_cast<std::size_t>(b)]; label >= 0)
      others.insert(label);
  if (!labels.empty() && !others.empty() && labels != others)
    lines.push_back(fmt::format("person {} and person {} are both named or hidden", *labels.begin(),
                                *others.begin()));
  const std::set<std::int64_t> in_a(sides.a.begin(), sides.a.end());
  const std::set<std::int64_t> in_b(sides.b.begin(), sides.b.end());
  const auto meet = [](const Rows& rows, const std::set<std::int64_t>& side) {
    return std::any_of(rows.begin(), rows.end(),
                       [&](std::int64_t row) { return side.contains(row); });
  };
  for (const ClusteringInput::Separation& separation : input.apart)
    if ((meet(separation.left, in_a) && meet(separation.right, in_b)) ||
        (meet(separation.left, in_b) && meet(separation.right, in_a)))
      lines.push_back(separation.fact == 0 ? seen_together_text(input, separation)
                                           : fact_text(facts, separation.fact));
  return lines;
}

}  // namespace

namespace {

/// By the rule, of two people: all of their faces.
Sides sides_of_people(const ClusteringInput& input, const std::map<FaceId, PersonId>& memberships,
                      PersonId a, PersonId b) {
  Sides sides;
  for (std::size_t row = 0; row < input.faces.size(); ++row) {
    const auto home = memberships.find(input.faces[row]);
    if (home == memberships.end()) continue;
    if (home->second == a) sides.a.push_back(static_cast<std::int64_t>(row));
    if (home->second == b) sides.b.push_back(static_cast<std::int64_t>(row));
  }
  return sides;
}

FaceGroup group_of_side(LateVectors& vectors, const Rows& side, const JoinConstantsByKind& joins) {
  const std::vector<std::size_t> rows(side.begin(), side.end());
  return group_of(vectors.sum(rows), rows, Shots(vectors.input(), vectors.values(), joins), joins);
}

Explanation::Terms terms_of(LateVectors& vectors, const Sides& sides, double mean_distance,
                            const JoinConstantsByKind& joins, const Rivals& rivals) {
  const FaceGroup a = group_of_side(vectors, sides.a, joins);
  const FaceGroup b = group_of_side(vectors, sides.b, joins);
  return {.evidence = weigh_join(a, b, mean_distance, joins, rivals),
          .shots_a = a.shots,
          .shots_b = b.shots,
          .rivals = rivals.of(std::min(a.shots, b.shots))};
}

/// The face alone, when it is not recognisable, else the core of its person.
Rows side_of(const FaceParts& parts, const std::map<FaceId, PersonId>& memberships,
             std::int64_t row, PersonId person) {
  if (std::ranges::binary_search(parts.weak_rows, static_cast<std::size_t>(row))) return {row};
  Rows rows;
  for (const std::size_t other : parts.core_rows)
    if (const auto home = memberships.find(parts.all.faces[other]);
        home != memberships.end() && home->second == person)
      rows.push_back(static_cast<std::int64_t>(other));
  return rows;
}

/// Of two faces one of which, at least, is not recognisable: whether it is with the other's person
/// follows from the two alone (library/attach_faces.h).
void explain_weak(const FaceParts& parts, LateVectors& vectors, const PairPoints& points,
                  const ClusteringRecord& run, const Catalog& catalog, std::int64_t row_a,
                  std::int64_t row_b, Explanation& explanation) {
  const auto memberships = catalog.memberships();
  Sides sides;
  sides.a = side_of(parts, memberships, row_a, explanation.person_a);
  sides.b = side_of(parts, memberships, row_b, explanation.person_b);
  for (const std::int64_t row : {row_a, row_b})
    if (std::ranges::binary_search(parts.weak_rows, static_cast<std::size_t>(row)))
      explanation.unrecognisable.push_back(parts.all.faces[static_cast<std::size_t>(row)]);
  explanation.size_a = sides.a.size();
  explanation.size_b = sides.b.size();
  double mean = 0;
  explanation.nearest =
      nearest_links(parts.all, vectors.values(), vectors.dimension(), sides, mean);
  explanation.mean_distance = mean;
  if (!explanation.together)
    explanation.constraints = what_forbids(parts.all, catalog.facts(), sides);
  if (explanation.unrecognisable.size() > 1) return;
  if (const auto joins = joins_of(points, vectors))
    explanation.terms = terms_of(vectors, sides, mean, *joins, run.rivals);
}

/// Whether only a name keeps apart what the clustering joined (people/grouping/hold_back.h).
bool is_held_back(const Catalog& catalog, const Explanation& explanation) {
  if (explanation.together || !explanation.joined_at || !explanation.constraints.empty() ||
      !explanation.as_grouped)
    return false;
  if (explanation.threshold) return *explanation.joined_at <= *explanation.threshold;
  const auto is_named = [&](PersonId id) {
    const std::vector<PersonRecord> people = catalog.people();
    return !std::ranges::lower_bound(people, id, {}, &PersonRecord::id)->name.empty();
  };
  const bool a_named = is_named(explanation.person_a);
  const std::size_t other_faces = a_named ? explanation.size_b : explanation.size_a;
  return a_named != is_named(explanation.person_b) && other_faces >= kFacesHeldBack &&
         explanation.terms && explanation.terms->evidence.passes();
}

/// The faces of these people.
ClusteringInput only_people(const ClusteringInput& input,
                            const std::map<FaceId, PersonId>& memberships,
                            std::initializer_list<PersonId> people) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < input.faces.size(); ++row)
    if (const auto home = memberships.find(input.faces[row]);
        home != memberships.end() && std::ranges::find(people, home->second) != people.end())
      rows.push_back(row);
  return select_rows(input, rows);
}

std::vector<Merge> kept_joins(const Catalog& catalog, const MergeTree& tree,
                              const ClusteringInput& input) {
  std::vector<Merge> merges = rows_of_tree(tree, input);
  if (!fits(std::ssize(input.faces), InputConstraints(input).get(), merges))
    throw_damaged_tree(catalog.path(), "it joins what it may not");
  return merges;
}

std::vector<Merge> all_joins(LateVectors& vectors) {
  constexpr double kFarthest = 4;  // squared distance of opposite vectors
  const ClusteringInput& input = vectors.input();
  return agglomerate(
             {vectors.values(), std::ssize(input.faces), static_cast<int>(vectors.dimension())},
             InputConstraints(input).get(), {.threshold = kFarthest})
      .merges;
}

/// Of two faces that are recognisable, by the tree of joins.
void explain_clear(const Catalog& catalog, ModelId model, const PairPoints& points,
                   const ClusteringRecord& run, const ClusteringInput& input,
                   const std::map<FaceId, PersonId>& memberships,
                   const std::optional<MergeTree>& tree, Explanation& explanation) {
  LateVectors core(catalog, model, input);
  const std::vector<Merge> merges = tree ? kept_joins(catalog, *tree, input) : all_joins(core);
  const auto row_of = [&](FaceId face) {
    return std::ranges::find(input.faces, face) - input.faces.begin();
  };
  const std::int64_t row_a = row_of(explanation.a);
  Sides sides = find_sides(input, merges,
                           explanation.threshold.value_or(std::numeric_limits<double>::infinity()),
                           row_a, row_of(explanation.b));
  if (!explanation.threshold && !explanation.together) {
    const auto joined_at = sides.joined_at;
    sides = sides_of_people(input, memberships, explanation.person_a, explanation.person_b);
    sides.joined_at = joined_at;
  }
  const std::vector<FactRecord> facts = catalog.facts();
  if (sides.one_block) {
    explanation.constraints = facts_holding(facts, input.block[static_cast<std::size_t>(row_a)]);
    return;
  }
  explanation.joined_at = sides.joined_at;
  explanation.size_a = sides.a.size();
  explanation.size_b = sides.b.size();
  double mean = 0;
  explanation.nearest = nearest_links(input, core.values(), core.dimension(), sides, mean);
  explanation.mean_distance = mean;
  if (!explanation.together) explanation.constraints = what_forbids(input, facts, sides);
  if (!explanation.threshold)
    if (const auto joins = joins_of(points, core))
      explanation.terms = terms_of(core, sides, mean, *joins, run.rivals);
  if (is_held_back(catalog, explanation))
    explanation.constraints.push_back(
        fmt::format("a name, which takes over nobody of {} faces or more unasked: `facenet people "
                    "review` asks",
                    kFacesHeldBack));
}

}  // namespace

Explanation explain_faces(const Catalog& catalog, ModelId model, const PairPoints& points, FaceId a,
                          FaceId b) {
  if (a == b) fail<UsageError>("--explain: face {} is face {}; give two faces", a, b);
  const Catalog::Snapshot snapshot(catalog);
  const auto run = catalog.last_clustering();
  const FaceParts parts =
      part_faces(clustering_input(catalog, model, catalog.property("same-photo") == "allowed"),
                 run && !run->threshold && points.own.joins.is_measured());
  const auto row_of = [&](FaceId face) {
    const auto found = std::find(parts.all.faces.begin(), parts.all.faces.end(), face);
    if (found == parts.all.faces.end())
      fail(
          "{}: face {} is not one of the faces that are grouped: `facenet people show PERSON "
          "--csv` "
          "lists a person's faces",
          catalog.path(), face);
    return found - parts.all.faces.begin();
  };
  const std::int64_t row_a = row_of(a);
  const std::int64_t row_b = row_of(b);
  const auto tree = catalog.merge_tree(model);
  const auto memberships = catalog.memberships();
  if (!run || !memberships.contains(a) || !memberships.contains(b))
    fail("{}: there are faces that were not grouped yet: run `facenet cluster` first",
         catalog.path());

  Explanation explanation;
  explanation.a = a;
  explanation.b = b;
  explanation.person_a = memberships.at(a);
  explanation.person_b = memberships.at(b);
  explanation.together = explanation.person_a == explanation.person_b;
  explanation.as_grouped =
      tree && tree->faces == parts.core.faces && tree->signatures == parts.core.signatures();
  explanation.threshold = run->threshold;
  const auto by_other = [&](std::int64_t row) {
    return static_cast<double>(parts.all.by_other[static_cast<std::size_t>(row)]);
  };
  const auto vector_of = [&](FaceId face, std::int64_t row) {
    return catalog.embedding(face, by_other(row) != 0 ? parts.all.other_model : model);
  };
  explanation.distance = squared_distance(vector_of(a, row_a), vector_of(b, row_b));
  explanation.probability =
      points.between(by_other(row_a), by_other(row_b)).probability(explanation.distance);

  const auto is_weak = [&](std::int64_t row) {
    return std::ranges::binary_search(parts.weak_rows, static_cast<std::size_t>(row));
  };
  if (is_weak(row_a) || is_weak(row_b)) {
    LateVectors vectors(catalog, model, parts.all);
    explain_weak(parts, vectors, points, *run, catalog, row_a, row_b, explanation);
    return explanation;
  }
  if (explanation.as_grouped) {
    explain_clear(catalog, model, points, *run, parts.core, memberships, tree, explanation);
  } else {
    const ClusteringInput input =
        only_people(parts.core, memberships, {explanation.person_a, explanation.person_b});
    explain_clear(catalog, model, points, *run, input, memberships, {}, explanation);
  }
  return explanation;
}

}  // namespace facenet

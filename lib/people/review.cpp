#include "people/review.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <unordered_set>

#include "base/error.h"
#include "people/facts.h"
#include "people/partition.h"

namespace facenet {
namespace {

using Member = PeopleVectors::Member;

constexpr std::size_t kFacesShown = 3;

/// What is known of pairs of people without asking.
class Decided {
 public:
  Decided(const Catalog& catalog, const PeopleVectors& vectors) : input_(vectors.input()) {
    for (const PersonRecord& person : catalog.people()) {
      if (!person.name.empty()) named_.insert(person.id);
      if (person.hidden) hidden_.insert(person.id);
    }
    std::vector<PersonId> person_of(input_.faces.size());
    for (const Member& member : vectors.people())
      for (const std::size_t row : member.rows) person_of[row] = member.id;
    for (const ClusteringInput::Separation& separation : input_.apart) {
      std::set<PersonId> left;
      std::set<PersonId> right;
      for (const std::int64_t row : separation.left)
        left.insert(person_of[static_cast<std::size_t>(row)]);
      for (const std::int64_t row : separation.right)
        right.insert(person_of[static_cast<std::size_t>(row)]);
      for (const PersonId a : left)
        for (const PersonId b : right) apart_.insert(std::minmax(a, b));
    }
  }

  bool is_named(PersonId person) const { return named_.contains(person); }

  bool decided(const Member& a, const Member& b) const {
    if (hidden_.contains(a.id) || hidden_.contains(b.id)) return true;
    if (is_named(a.id) && is_named(b.id)) return true;
    return apart_.contains(std::minmax(a.id, b.id)) || share_photo(a, b);
  }

 private:
  bool share_photo(const Member& a, const Member& b) const {
    std::unordered_set<std::int64_t> photos;
    for (const std::size_t row : a.rows)
      if (input_.photo[row] >= 0) photos.insert(input_.photo[row]);
    return std::any_of(b.rows.begin(), b.rows.end(),
                       [&](std::size_t row) { return photos.contains(input_.photo[row]); });
  }

  const ClusteringInput& input_;
  std::unordered_set<PersonId> named_, hidden_;
  std::set<std::pair<PersonId, PersonId>> apart_;
};

std::int64_t faces_settled(bool a_named, bool b_named, std::int64_t a_faces, std::int64_t b_faces) {
  if (a_named != b_named) return a_named ? b_faces : a_faces;
  return std::min(a_faces, b_faces);
}

/// Two faces that say little are often alike, and one and another that was seen only once tell
/// nothing about each other.
bool may_ask(const Member& a, const Member& b) {
  if (a.recognisable && b.recognisable) return true;
  return (a.recognisable || b.recognisable) && std::max(a.core.size(), b.core.size()) > 1;
}

std::vector<FaceId> faces_to_show(const PeopleVectors& vectors, const Member& person) {
  std::vector<FaceId> faces;
  for (const std::size_t row : vectors.most_typical(person)) {
    faces.push_back(vectors.input().faces[row]);
    if (faces.size() == kFacesShown) break;
  }
  return faces;
}

std::pair<PersonId, PersonId> parse_pair(const std::string& pair) {
  PersonId a = 0;
  PersonId b = 0;
  const char* const end = pair.data() + pair.size();
  const auto first = std::from_chars(pair.data(), end, a);
  if (first.ec == std::errc{} && first.ptr != end && *first.ptr == '-') {
    const auto second = std::from_chars(first.ptr + 1, end, b);
    if (second.ec == std::errc{} && second.ptr == end && a > 0 && b > 0 && a != b)
      return std::minmax(a, b);
  }
  fail("'{}' is no pair of people: give one such as 12-57, which `facenet people review` shows",
       pair);
}

/// Takes back what was answered to the pair by facts of this kind, and says so.
Statement withdraw(Catalog& catalog, PersonId a, PersonId b, const char* kind) {
  Statement withdrawn;
  for (const FactRecord& fact : catalog.facts()) {
    if (fact.undone || fact.kind != kind ||
        std::minmax(fact.person, fact.other) != std::minmax(a, b))
      continue;
    Statement undo = undo_fact(catalog, fact.id);
    withdrawn.moved_faces += undo.moved_faces;
    withdrawn.warnings.push_back(fmt::format(
        "that contradicts fact {} ({}), which no longer counts", fact.id, describe_fact(fact)));
    std::move(undo.warnings.begin(), undo.warnings.end(), std::back_inserter(withdrawn.warnings));
  }
  return withdrawn;
}

Statement say_yes(Catalog& catalog, PersonId a, PersonId b) {
  const PersonRecord first = require_person(catalog, a);
  const PersonRecord second = require_person(catalog, b);
  if (!first.name.empty() && !second.name.empty())
    fail("{} and {} both have names: `facenet people merge` says which stays", first.name,
         second.name);
  const auto faces_a = std::ssize(catalog.faces_of_person(a));
  const auto faces_b = std::ssize(catalog.faces_of_person(b));
  const bool keep_second =
      first.name.empty() == second.name.empty() ? faces_b > faces_a : first.name.empty();
  return keep_second ? merge_people(catalog, b, a) : merge_people(catalog, a, b);
}

/// Faces that an answer to a pair of people who exist settles.
std::int64_t settled_by(const Catalog& catalog, PersonId a, PersonId b) {
  return faces_settled(
      !require_person(catalog, a).name.empty(), !require_person(catalog, b).name.empty(),
      std::ssize(catalog.faces_of_person(a)), std::ssize(catalog.faces_of_person(b)));
}

/// Groups of people that answers would join.
class Rings {
 public:
  /// False when the two were joined before.
  bool join(PersonId a, PersonId b) {
    a = find(a);
    b = find(b);
    if (a != b) root_[b] = a;
    return a != b;
  }

 private:
  PersonId find(PersonId person) {
    PersonId& root = root_.emplace(person, person).first->second;
    if (root != person) root = find(root);
    return root;
  }

  std::map<PersonId, PersonId> root_;
};

}  // namespace

std::string ReviewPair::id() const {
  return fmt::format("{}-{}", a, b);
}

ReviewQueue rank_review(const Catalog& catalog, const PeopleVectors& vectors,
                        std::span<const NearPeople> near, const PeopleProbability& probability,
                        double least_probability, std::size_t limit) {
  const Decided decided(catalog, vectors);
  const auto& people = vectors.people();
  ReviewQueue queue;
  std::vector<ReviewPair>& pairs = queue.pairs;
  for (const NearPeople& two : near) {
    const Member& a = people[static_cast<std::size_t>(two.first)];
    const Member& b = people[static_cast<std::size_t>(two.second)];
    const double p = probability(a, b);
    if ((p < least_probability && two.departed == 0) || decided.decided(a, b)) continue;
    if (!may_ask(a, b)) continue;
    ReviewPair pair{.a = a.id, .b = b.id, .probability = p};
    pair.departed = two.departed;
    pair.distance = PeopleVectors::mean_distance(a, b);
    pair.settles = faces_settled(decided.is_named(a.id), decided.is_named(b.id), std::ssize(a.rows),
                                 std::ssize(b.rows));
    pair.gain = static_cast<double>(pair.settles) * p;
    pairs.push_back(std::move(pair));
  }
  std::sort(pairs.begin(), pairs.end(), [](const ReviewPair& x, const ReviewPair& y) {
    return std::tie(y.gain, x.a, x.b) < std::tie(x.gain, y.a, y.b);
  });
  queue.pair_count = std::ssize(pairs);
  Rings rings;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!rings.join(pairs[i].a, pairs[i].b)) continue;
    queue.expected_faces += pairs[i].gain;
    if (i >= limit) queue.expected_faces_left += pairs[i].gain;
  }
  if (pairs.size() > limit) pairs.resize(limit);
  for (ReviewPair& pair : pairs) {
    pair.faces_a = faces_to_show(vectors, *vectors.find(pair.a));
    pair.faces_b = faces_to_show(vectors, *vectors.find(pair.b));
  }
  return queue;
}

Answer answer_pair(Catalog& catalog, const std::string& pair, bool same) {
  const auto [a, b] = parse_pair(pair);
  Catalog::Transaction transaction(catalog);
  Answer answer{.statement = {}, .a = a, .b = b, .same = same};
  const bool joined = successor_of(catalog, a) == successor_of(catalog, b);
  if (same && joined) return answer;  // said already
  const Statement before =
      withdraw(catalog, a, b, same ? fact_kind::kDifferent : fact_kind::kMerge);
  const std::int64_t settles = settled_by(catalog, a, b);
  answer.statement = same ? say_yes(catalog, a, b) : tell_apart(catalog, a, b);
  if (answer.statement.fact != 0) answer.settled_faces = settles;
  answer.statement.moved_faces += before.moved_faces;
  answer.statement.warnings.insert(answer.statement.warnings.begin(), before.warnings.begin(),
                                   before.warnings.end());
  transaction.commit();
  return answer;
}

}  // namespace facenet

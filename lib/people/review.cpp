#include "people/review.h"

#include <algorithm>
#include <charconv>
#include <cmath>
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

/// That two groups are one person, when one pair of faces at their mean distance would be with
/// `probability`: the smaller group's faces are so many comparisons that say the same, so their
/// odds multiply. Without this, large groups, whose mean distance is far surer than one face's,
/// would be asked about first and nearly always be different.
double of_groups(double probability, std::int64_t smaller) {
  if (probability <= 0 || probability >= 1) return probability;
  const double log_odds = std::log(probability / (1 - probability));
  return 1 / (1 + std::exp(-static_cast<double>(smaller) * log_odds));
}

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

/// The fact that said yes to a pair, if it still counts.
std::optional<std::int64_t> yes_to(const std::vector<FactRecord>& facts, PersonId a, PersonId b) {
  for (const FactRecord& fact : facts)
    if (!fact.undone && fact.kind == fact_kind::kMerge &&
        std::minmax(fact.person, fact.other) == std::minmax(a, b))
      return fact.id;
  return std::nullopt;
}

Statement say_no(Catalog& catalog, PersonId a, PersonId b) {
  const auto yes = yes_to(catalog.facts(), a, b);
  if (!yes) return tell_apart(catalog, a, b);
  const Statement undo = undo_fact(catalog, *yes);
  Statement statement = tell_apart(catalog, a, b);
  statement.moved_faces += undo.moved_faces;
  statement.warnings.insert(statement.warnings.begin(), undo.warnings.begin(), undo.warnings.end());
  statement.warnings.insert(
      statement.warnings.begin(),
      fmt::format("fact {} (person {} is not person {}) contradicts fact {} (the two are one): the "
                  "later one counts",
                  statement.fact, a, b, *yes));
  return statement;
}

}  // namespace

std::string ReviewPair::id() const {
  return fmt::format("{}-{}", a, b);
}

std::vector<ReviewPair> rank_review(const Catalog& catalog, const PeopleVectors& vectors,
                                    std::span<const NearPeople> near,
                                    const PeopleProbability& probability, double least_probability,
                                    std::size_t limit) {
  const Decided decided(catalog, vectors);
  const auto& people = vectors.people();
  std::vector<ReviewPair> pairs;
  for (const NearPeople& two : near) {
    const Member& a = people[static_cast<std::size_t>(two.first)];
    const Member& b = people[static_cast<std::size_t>(two.second)];
    const double distance = PeopleVectors::mean_distance(a, b);
    const double p =
        of_groups(probability(a, b, distance), std::min(std::ssize(a.rows), std::ssize(b.rows)));
    if (p < least_probability || decided.decided(a, b)) continue;
    ReviewPair pair{.a = a.id, .b = b.id, .distance = distance, .probability = p};
    pair.settles = faces_settled(decided.is_named(a.id), decided.is_named(b.id), std::ssize(a.rows),
                                 std::ssize(b.rows));
    pair.gain = static_cast<double>(pair.settles) * p;
    pairs.push_back(std::move(pair));
  }
  std::sort(pairs.begin(), pairs.end(), [](const ReviewPair& x, const ReviewPair& y) {
    return std::tie(y.gain, x.a, x.b) < std::tie(x.gain, y.a, y.b);
  });
  if (pairs.size() > limit) pairs.resize(limit);
  for (ReviewPair& pair : pairs) {
    pair.faces_a = faces_to_show(vectors, *vectors.find(pair.a));
    pair.faces_b = faces_to_show(vectors, *vectors.find(pair.b));
  }
  return pairs;
}

Answer answer_pair(Catalog& catalog, const std::string& pair, bool same) {
  const auto [a, b] = parse_pair(pair);
  Catalog::Transaction transaction(catalog);
  Answer answer{.statement = {}, .a = a, .b = b, .same = same};
  if (!same) answer.statement = say_no(catalog, a, b);
  const Partition partition(catalog);
  if (same && yes_to(partition.facts, a, b)) {
    transaction.commit();
    return answer;  // said already
  }
  const PersonRecord& first = partition.require_person(a);
  const PersonRecord& second = partition.require_person(b);
  const auto faces_a = std::ssize(partition.faces_of(a));
  const auto faces_b = std::ssize(partition.faces_of(b));
  answer.settled_faces = faces_settled(!first.name.empty(), !second.name.empty(), faces_a, faces_b);
  if (same) {
    if (!first.name.empty() && !second.name.empty())
      fail("{} and {} both have names: `facenet people merge` says which stays", first.name,
           second.name);
    const bool keep_second =
        first.name.empty() == second.name.empty() ? faces_b > faces_a : first.name.empty();
    answer.statement = keep_second ? merge_people(catalog, b, a) : merge_people(catalog, a, b);
  }
  transaction.commit();
  return answer;
}

}  // namespace facenet

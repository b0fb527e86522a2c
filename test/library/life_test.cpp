#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <unordered_map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "catalog/backup.h"
#include "library/forget.h"
#include "library/grouping_rule.h"
#include "library/merging/merge_catalog.h"
#include "library/recluster.h"
#include "library/splitting/split_catalog.h"
#include "people/facts.h"
#include "people/forget_plan.h"
#include "people/grouping/hold_back.h"
#include "people/partition.h"
#include "people/review.h"
#include "people/statements.h"
#include "test/catalog/fixture.h"
#include "test/library/splitting/content.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::IsEmpty;

/// All that a statement may change.
struct State {
  std::map<FaceId, PersonId> memberships;
  std::map<PersonId, std::pair<std::string, bool>> people;  ///< name, hidden; of those with any
  std::map<FaceId, PersonId> held;
  std::vector<std::pair<std::vector<FaceId>, std::vector<FaceId>>> apart;
  std::set<PhotoId> same_photo;

  friend bool operator==(const State&, const State&) = default;
};

/// The life of a library: photos come and go, people are clustered and talked about, in any order.
/// After each step no name is lost, no fact is broken, the catalog is sound; undoing restores the
/// state of before exactly; and a clustering that grew is that from scratch.
class Life {
 public:
  Life(const std::string& file, unsigned seed, bool forgets = false)
      : catalog_(file, Catalog::Mode::kCreate),
        model_(catalog_.put_model({.name = "m", .dimension = kDimension})),
        random_(seed),
        forgets_(forgets) {}

  void step();
  Catalog& catalog() { return catalog_; }
  std::int64_t statements() const { return statements_; }
  std::int64_t undone() const { return undone_; }
  std::int64_t forgotten() const { return forgotten_; }

 private:
  static constexpr int kDimension = 6;
  static constexpr int kIdentities = 5;

  int below(int limit) { return draw(random_, limit); }
  static std::string path_of(int photo) { return fmt::format("/{}/{}.jpg", photo % 3, photo); }
  State state() const;
  void add_photo();
  void cluster();
  void say();
  void say_and_perhaps_undo(const std::function<Statement()>& statement);
  void undo();
  void forget();
  std::optional<PersonId> any_person();
  std::vector<FaceId> some_faces(PersonId person);
  void expect_sound();
  void expect_rules_of_photos(const State& now);

  Catalog catalog_;
  ModelId model_;
  Random random_;
  const bool forgets_;
  int photos_ = 0, names_ = 0;
  bool clustered_ = false;  ///< since the last statement or change of photos
  std::int64_t statements_ = 0, undone_ = 0, forgotten_ = 0;
};

State Life::state() const {
  State state;
  state.memberships = catalog_.memberships();
  for (const PersonRecord& person : catalog_.people())
    if (!person.name.empty() || person.hidden)
      state.people[person.id] = {person.name, person.hidden};
  const Knowledge knowledge = knowledge_from(catalog_.facts());
  state.held = knowledge.held;
  for (const FaceSeparation& separation : knowledge.apart)
    state.apart.emplace_back(separation.left, separation.right);
  state.same_photo = knowledge.same_photo;
  return state;
}

void Life::add_photo() {
  const int faces = 1 + below(3);
  std::vector<FaceRecord> records;
  for (int i = 0; i < faces; ++i) records.push_back(make_face(static_cast<float>(10 * i), 5));
  std::vector<FaceId> ids;
  const PhotoId photo = catalog_.add_photo(make_photo(++photos_), records, &ids);
  catalog_.put_path({.path = path_of(photos_), .photo = photo});
  for (const FaceId id : ids) {
    const int identity = below(kIdentities);
    std::vector<float> vector;
    double squares = 0;
    for (int k = 0; k < kDimension; ++k) {
      const float centre = k == identity ? 1.0F : 0.0F;
      vector.push_back(centre + 0.35F * std::normal_distribution<float>()(random_));
      squares += static_cast<double>(vector.back()) * static_cast<double>(vector.back());
    }
    for (float& value : vector) value /= static_cast<float>(std::sqrt(squares));
    catalog_.put_embedding(id, model_, vector);
  }
}

std::optional<PersonId> Life::any_person() {
  const std::map<FaceId, PersonId> memberships = catalog_.memberships();
  if (memberships.empty()) return std::nullopt;
  return std::next(memberships.begin(), below(static_cast<int>(memberships.size())))->second;
}

std::vector<FaceId> Life::some_faces(PersonId person) {
  std::vector<FaceId> faces = catalog_.faces_of_person(person);
  std::shuffle(faces.begin(), faces.end(), random_);
  faces.resize(static_cast<std::size_t>(
      1 + below(static_cast<int>(std::min(faces.size(), std::size_t{3})))));
  return faces;
}

void Life::cluster() {
  ReclusterOptions options{.model = model_, .dimension = kDimension};
  options.points.own = {.clustering = 0.8, .joins = kReferenceJoins};
  // Mostly by the rule, for whose sake a tree can grow.
  if (below(3) == 0) options.threshold = std::array{0.4, 0.8}[static_cast<std::size_t>(below(2))];
  options.faces_per_change = 1;  // a small catalog would never grow

  // The same partition, as sets of faces, from scratch and without the kept tree.
  const ClusteringInput input = clustering_input(catalog_, model_);
  LateVectors vectors(catalog_, model_, input);
  const InputConstraints constraints(input);
  const Clustering joins =
      agglomerate({vectors.values(), std::ssize(input.faces), kDimension}, constraints.get(),
                  {.threshold = options.threshold.value_or(1.5)});
  std::vector<std::int32_t> groups = joins.cluster;
  if (!options.threshold) {
    groups = cut_by_rule(vectors, options.points.joins(), joins.merges).clustering.cluster;
  }
  hold_back(catalog_, vectors, groups);
  recluster(catalog_, options);
  clustered_ = true;
  const auto memberships = catalog_.memberships();
  std::map<std::int32_t, PersonId> person_of_group;
  std::map<PersonId, std::int32_t> group_of_person;
  for (std::size_t i = 0; i < input.faces.size(); ++i) {
    const PersonId person = memberships.at(input.faces[i]);
    EXPECT_EQ(person_of_group.emplace(groups[i], person).first->second, person);
    EXPECT_EQ(group_of_person.emplace(person, groups[i]).first->second, groups[i]);
  }
}

/// A statement may be refused (that would leave nobody in a named person), and then changes
/// nothing.
void Life::say_and_perhaps_undo(const std::function<Statement()>& statement) {
  const State before = state();
  Statement said;
  try {
    said = statement();
  } catch (const Error&) {
    EXPECT_EQ(state(), before);
    return;
  }
  if (said.fact == 0) return;
  ++statements_;
  clustered_ = false;
  if (below(3) != 0) return;
  undo_fact(catalog_, said.fact);
  EXPECT_EQ(state(), before) << "after undoing fact " << said.fact << ": "
                             << describe_fact(
                                    catalog_.facts()[static_cast<std::size_t>(said.fact) - 1]);
  ++undone_;
}

void Life::say() {
  const auto person = any_person();
  const auto other = any_person();
  if (!person || !other) return;
  const auto say = [&](auto statement) { say_and_perhaps_undo(statement); };
  switch (below(10)) {
    case 0:
    case 1:
      return say([&] { return name_person(catalog_, *person, fmt::format("n{}", ++names_)); });
    case 2:
      return say([&] { return name_person(catalog_, *person, ""); });
    case 3:
      return say([&] { return merge_people(catalog_, *person, *other); });
    case 4: {
      const auto faces = some_faces(*person);
      return say([&] { return split_person(catalog_, *person, faces); });
    }
    case 5: {
      const auto faces = some_faces(*person);
      return say([&] { return move_faces(catalog_, faces, *other); });
    }
    case 6: {
      const auto faces = some_faces(*person);
      return say([&] { return reject_faces(catalog_, faces); });
    }
    case 7: {
      const bool hidden = below(2) == 0;
      return say([&] { return hide_person(catalog_, *person, hidden); });
    }
    case 8: {
      const auto photo = static_cast<PhotoId>(1 + below(photos_));
      return say([&] { return allow_same_photo(catalog_, photo); });
    }
    default: {
      if (*person == *other) return;
      const auto [a, b] = std::minmax(*person, *other);
      const bool same = below(2) == 0;
      const State before = state();
      try {
        answer_pair(catalog_, fmt::format("{}-{}", a, b), same);
        ++statements_;
        clustered_ = false;
      } catch (const Error&) {
        EXPECT_EQ(state(), before);
      }
    }
  }
}

/// The last fact, or any.
void Life::undo() {
  const auto facts = catalog_.facts();
  if (facts.empty()) return;
  const State before = state();
  try {
    if (below(2) == 0)
      undo_fact(catalog_, {});
    else
      undo_fact(catalog_, 1 + below(static_cast<int>(facts.size())));
    ++undone_;
    clustered_ = false;
  } catch (const Error&) {
    EXPECT_EQ(state(), before);
  }
}

/// What is left of the state when these rows go.
State without(State state, const Catalog& catalog, const Forgetting& rows,
              const Knowledge& knowledge) {
  std::set<FaceId> gone(rows.faces.begin(), rows.faces.end());
  for (const PhotoId photo : rows.photos)
    for (const FaceRecord& face : catalog.faces_of(photo)) gone.insert(face.id);
  for (auto* const faces : {&state.memberships, &state.held})
    std::erase_if(*faces, [&](const auto& entry) { return gone.contains(entry.first); });
  for (const PersonId person : rows.people) state.people.erase(person);
  for (const PhotoId photo : rows.photos) state.same_photo.erase(photo);
  state.apart.clear();
  for (const FaceSeparation& separation : knowledge.apart) {
    auto sides = std::pair(separation.left, separation.right);
    for (auto* const side : {&sides.first, &sides.second})
      std::erase_if(*side, [&](FaceId face) { return gone.contains(face); });
    if (sides.first.empty() || sides.second.empty()) continue;
    // Of people only: "Ann is not Ben" goes with Ann, "face 3 is not Ann" with the face.
    if (std::ranges::binary_search(rows.facts, separation.fact)) {
      const auto facts = catalog.facts();
      EXPECT_EQ(std::ranges::find(facts, separation.fact, &FactRecord::id)->kind,
                fact_kind::kDifferent);
      continue;
    }
    state.apart.push_back(std::move(sides));
  }
  return state;
}

/// Somebody, or a photo. What is said of others says the same afterwards.
void Life::forget() {
  const auto person = any_person();
  if (!person) return;
  std::vector<PersonId> people;
  std::vector<PhotoId> photos;
  if (below(2) == 0)
    people.push_back(*person);
  else
    photos.push_back(catalog_.photos()[0].id);
  const ForgetPlan plan = plan_forgetting(catalog_, people, photos);
  const State expected = without(state(), catalog_, plan.rows, knowledge_from(catalog_.facts()));
  facenet::forget(catalog_, {.people = people, .photos = photos});
  const State now = state();
  EXPECT_EQ(now.held, expected.held);
  EXPECT_EQ(now.people, expected.people);
  EXPECT_EQ(now.same_photo, expected.same_photo);
  // What had been contradicted by what is forgotten may count again.
  for (const auto& [left, right] : expected.apart)
    EXPECT_TRUE(std::ranges::any_of(now.apart, [&](const auto& sides) {
      return std::ranges::includes(sides.first, left) && std::ranges::includes(sides.second, right);
    }));
  if (now.apart == expected.apart) {
    EXPECT_EQ(now.memberships, expected.memberships);
  }
  EXPECT_THAT(catalog_.check(), IsEmpty());
  ++forgotten_;
  clustered_ = false;
}

void Life::expect_rules_of_photos(const State& now) {
  if (!clustered_) return;
  std::map<PhotoId, std::map<PersonId, std::vector<FaceId>>> in_photo;
  for (const FaceRecord& face : catalog_.faces())
    if (const auto home = now.memberships.find(face.id); home != now.memberships.end())
      in_photo[face.photo][home->second].push_back(face.id);
  for (const auto& [photo, people] : in_photo) {
    if (now.same_photo.contains(photo)) continue;
    for (const auto& [person, faces] : people) {
      if (faces.size() < 2) continue;
      // Only by hand: then all are held as one.
      for (const FaceId face : faces) EXPECT_TRUE(now.held.contains(face)) << "face " << face;
    }
  }
}

void Life::expect_sound() {
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());
  const State now = state();
  // A name is gone only by a fact: of the facts that count, the last about the person says which.
  std::map<PersonId, std::string> expected;
  std::set<PersonId> merged;
  for (const FactRecord& fact : catalog_.facts()) {
    if (fact.undone) continue;
    if (fact.kind == fact_kind::kName) expected[fact.person] = fact.value;
    if (fact.kind == fact_kind::kMerge) merged.insert(fact.other);
  }
  for (const auto& [person, name] : expected) {
    if (name.empty() || merged.contains(person)) continue;
    EXPECT_TRUE(now.people.contains(person) && now.people.at(person).first == name)
        << "person " << person << " was " << name;
    EXPECT_TRUE(std::any_of(now.memberships.begin(), now.memberships.end(),
                            [&](const auto& entry) { return entry.second == person; }))
        << name << " has no faces";
  }
  expect_rules_of_photos(now);
}

void Life::step() {
  if (forgets_ && below(12) == 0) {
    forget();
    return expect_sound();
  }
  switch (below(10)) {
    case 0:
      add_photo();
      clustered_ = false;
      break;
    case 1:
      catalog_.set_missing(path_of(1 + below(std::max(photos_, 1))), below(2) == 0);
      clustered_ = false;
      break;
    case 2:
    case 3:
      cluster();
      break;
    case 4:
      undo();
      break;
    default:
      say();
  }
  expect_sound();
}

/// A longer form: FACENET_LIVES=1000.
int lives() {
  const char* const asked = std::getenv("FACENET_LIVES");
  return asked == nullptr ? 6 : std::atoi(asked);
}

TEST(LifeTest, NothingSaidIsEverLost) {
  constexpr int kSteps = 60;
  std::int64_t statements = 0;
  std::int64_t undone = 0;
  // A life in which a clustering brought a person a face that a fact keeps apart from one that the
  // person had, whose photo was away.
  constexpr int kFaceAway = 702;
  // One in which it brought a person a held face of a photo that was away, another face of which
  // the person had.
  constexpr int kPhotoAway = 499;
  // One in which a named person had no face but one that is held as somebody else, without a name.
  constexpr int kTakenIn = 1099;
  std::vector<int> seeds = {kFaceAway, kPhotoAway, kTakenIn};
  for (int i = 0; i < lives(); ++i) seeds.push_back(i);
  for (const int i : seeds) {
    const TemporaryFolder folder;
    Life life(folder.path("catalog.db"), static_cast<unsigned>(i));
    {
      // One commit for the whole life: a test need not survive a power cut.
      Catalog::Transaction transaction(life.catalog());
      for (int step = 0; step < kSteps; ++step) {
        life.step();
        if (testing::Test::HasFailure()) FAIL() << "life " << i << ", step " << step;
      }
      transaction.commit();
    }
    EXPECT_THAT(life.catalog().check(), IsEmpty());
    statements += life.statements();
    undone += life.undone();
  }
  EXPECT_GT(statements, 10 * lives());
  EXPECT_GT(undone, lives());
}

TEST(LifeTest, WhoIsForgottenTakesNothingOfOthersAlong) {
  constexpr int kSteps = 80;
  std::int64_t forgotten = 0;
  // A life in which a photo may no longer show a person twice, and those who had been joined by a
  // clustering part.
  constexpr int kParted = 240;
  std::vector<int> seeds = {kParted};
  for (int i = 0; i < 2 * lives(); ++i) seeds.push_back(i);
  for (const int i : seeds) {
    const TemporaryFolder folder;
    Life life(folder.path("catalog.db"), static_cast<unsigned>(1000 + i), true);
    Catalog::Transaction transaction(life.catalog());
    for (int step = 0; step < kSteps; ++step) {
      life.step();
      if (testing::Test::HasFailure()) FAIL() << "life " << 1000 + i << ", step " << step;
    }
    transaction.commit();
    forgotten += life.forgotten();
  }
  EXPECT_GT(forgotten, 3 * lives());
}

/// Splits the catalog of a life, and merges the parts in any order. Returns how many there are.
std::size_t split_and_merge(Catalog& catalog, SplitBy by, Random& random,
                            const TemporaryFolder& folder) {
  SplitReport report =
      split_catalog(catalog.path(), folder.path("parts"), {.by = by, .overwrite = true});
  std::shuffle(report.catalogs.begin(), report.catalogs.end(), random);
  const std::string whole = folder.path("merged.db");
  for (std::size_t i = 0; i < report.catalogs.size(); ++i) {
    const Catalog part(report.catalogs[i].file, Catalog::Mode::kRead);
    EXPECT_THAT(part.check(), IsEmpty());
    EXPECT_THAT(broken_facts(part), IsEmpty());
    if (i == 0) backup_catalog(part.path(), whole, true);
    Catalog merged(whole, Catalog::Mode::kWrite);
    const MergeReport got = merge_catalog(merged, part);
    EXPECT_EQ(got.moved_faces, 0);
    EXPECT_EQ(got.lost_facts, 0);
    EXPECT_THAT(broken_facts(merged), IsEmpty());
  }
  if (report.catalogs.empty()) return 0;
  const Catalog merged(whole, Catalog::Mode::kRead);
  EXPECT_THAT(merged.check(), IsEmpty());
  EXPECT_EQ(content_of(merged), content_of(catalog));
  return report.catalogs.size();
}

TEST(LifeTest, PartsOfACatalogMergedAreTheWhole) {
  std::size_t parts = 0;
  // A life in which faces are in a person who became somebody else.
  constexpr int kBecameAnother = 107;
  std::vector<int> seeds = {kBecameAnother};
  for (int i = 0; i < 4 * lives(); ++i) seeds.push_back(i);
  for (const int i : seeds) {
    const TemporaryFolder folder;
    Life life(folder.path("catalog.db"), static_cast<unsigned>(3000 + i), i % 2 == 0);
    Random random(static_cast<unsigned>(i));
    {
      Catalog::Transaction transaction(life.catalog());
      for (int step = 0; step < 60; ++step) life.step();
      transaction.commit();
    }
    for (const SplitBy by : {SplitBy::kPath, SplitBy::kPerson})
      parts += split_and_merge(life.catalog(), by, random, folder);
    if (testing::Test::HasFailure()) FAIL() << "life " << 3000 + i;
  }
  EXPECT_GT(parts, 10U * static_cast<std::size_t>(lives()));
}

}  // namespace
}  // namespace facenet

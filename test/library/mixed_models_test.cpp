// Catalogs some of whose faces still have the vectors of an older, compatible model.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "library/recluster.h"
#include "people/statements.h"
#include "people/vectors.h"
#include "test/people/album.h"

namespace facenet {
namespace {


/// Photos of one face each, of people who lie around the axes of a small space.
class MixedModelsTest : public AlbumTest {
 protected:
  static constexpr int kDimension = 6;
  static constexpr int kIdentities = 4;

  MixedModelsTest() {
    catalog_.put_compatible_model({.model = newer_,
                                   .other = older_,
                                   .across = {.clustering = points_.across.clustering},
                                   .of_other = {.clustering = points_.other.clustering}});
  }

  void add_faces(int count, ModelId model) {
    for (int i = 0; i < count; ++i) {
      std::vector<FaceId> ids;
      ++photos_;
      const PhotoId photo =
          catalog_.add_photo(make_photo(photos_), std::vector{make_face(1, 1)}, &ids);
      catalog_.put_path({.path = fmt::format("/{}.jpg", photos_), .photo = photo});
      faces_.push_back(ids.front());
      put_vector(ids.front(), model);
    }
  }
  /// Of the person that the face's number says. The older model is the noisier one.
  void put_vector(FaceId face, ModelId model) {
    const float noise = model == older_ ? 0.4F : 0.25F;
    std::vector<float> vector;
    double squares = 0;
    for (int k = 0; k < kDimension; ++k) {
      const float centre = k == static_cast<int>(face) % kIdentities ? 1.0F : 0.0F;
      vector.push_back(centre + noise * std::normal_distribution<float>()(random_));
      squares += static_cast<double>(vector.back()) * static_cast<double>(vector.back());
    }
    for (float& value : vector) value /= static_cast<float>(std::sqrt(squares));
    catalog_.put_embedding(face, model, vector);
  }

  ReclusterReport cluster_by(ModelId model) {
    ReclusterOptions options{.model = model, .dimension = kDimension};
    options.points = points_;
    if (model == older_) options.points = {.own = points_.other};
    options.faces_per_change = 1;  // a small catalog would never grow
    return recluster(catalog_, options);
  }

  /// The partition as sets of faces.
  std::set<std::set<FaceId>> partition() const {
    std::map<PersonId, std::set<FaceId>> people;
    for (const auto& [face, person] : catalog_.memberships()) people[person].insert(face);
    std::set<std::set<FaceId>> partition;
    for (const auto& [person, faces] : people) partition.insert(faces);
    return partition;
  }

  /// From scratch, by the vector that each face should be seen by and the mean over all pairs of
  /// their own cuts.
  std::set<std::set<FaceId>> expected_partition() const {
    const auto renewed = catalog_.embedded_faces(newer_);
    const ClusteringInput input = clustering_input(catalog_, newer_);
    std::vector<float> vectors;
    std::vector<bool> is_old;
    for (const FaceId face : input.faces) {
      is_old.push_back(!std::binary_search(renewed.begin(), renewed.end(), face));
      const auto vector = catalog_.embedding(face, is_old.back() ? older_ : newer_);
      vectors.insert(vectors.end(), vector.begin(), vector.end());
    }
    double cut = 0;
    for (const bool a : is_old)
      for (const bool b : is_old)
        cut += (a && b ? points_.other : a || b ? points_.across : points_.own).clustering;
    const auto count = static_cast<double>(is_old.size());
    const InputConstraints constraints(input);
    const Clustering scratch = agglomerate({vectors, std::ssize(input.faces), kDimension},
                                           constraints.get(), {.threshold = cut / count / count});
    std::map<std::int32_t, std::set<FaceId>> groups;
    for (std::size_t i = 0; i < input.faces.size(); ++i)
      groups[scratch.cluster[i]].insert(input.faces[i]);
    std::set<std::set<FaceId>> partition;
    for (const auto& [group, faces] : groups) partition.insert(faces);
    return partition;
  }

  const PairPoints points_{
      .own = {.clustering = 0.6}, .across = {.clustering = 0.85}, .other = {.clustering = 1.0}};
  ModelId older_ = catalog_.put_model({.name = "older", .dimension = kDimension});
  ModelId newer_ = catalog_.put_model({.name = "newer", .dimension = kDimension});
  Random random_{7};
  std::vector<FaceId> faces_;
  int photos_ = 0;
};

TEST_F(MixedModelsTest, AFaceIsSeenByItsNewestVector) {
  add_faces(3, older_);
  put_vector(faces_[1], newer_);
  const ClusteringInput input = clustering_input(catalog_, newer_);
  EXPECT_EQ(input.other_model, older_);
  EXPECT_EQ(input.count_by_other(), 2);
  const std::vector<float> vectors = load_vectors(catalog_, newer_, input);
  ASSERT_EQ(vectors.size(), 3U * kDimension);
  for (std::size_t row = 0; row < 3; ++row) {
    const bool renewed = input.faces[row] == faces_[1];
    EXPECT_EQ(input.by_other[row], renewed ? 0 : 1);
    const auto begin = vectors.begin() + static_cast<std::ptrdiff_t>(row) * kDimension;
    EXPECT_EQ(std::vector(begin, begin + kDimension),
              catalog_.embedding(input.faces[row], renewed ? newer_ : older_));
  }
  EXPECT_EQ(clustering_input(catalog_, older_).count_by_other(), 0);
}

TEST_F(MixedModelsTest, OnlyARenewedFaceHasAnotherSignature) {
  add_faces(3, older_);
  const auto before = clustering_input(catalog_, newer_);
  put_vector(faces_[1], newer_);
  const auto after = clustering_input(catalog_, newer_);
  for (std::size_t row = 0; row < 3; ++row)
    EXPECT_EQ(before.signatures()[row] != after.signatures()[row], before.faces[row] == faces_[1]);
}

TEST_F(MixedModelsTest, TheChangeOfModelsMovesNobody) {
  add_faces(40, older_);
  cluster_by(older_);
  const auto before = catalog_.memberships();
  ASSERT_GT(partition().size(), 1U);
  ASSERT_LT(partition().size(), faces_.size());

  const ReclusterReport report = cluster_by(newer_);
  EXPECT_EQ(report.threshold, points_.other.clustering) << "all vectors are of the older model yet";
  EXPECT_EQ(report.faces_by_other, faces_.size());
  EXPECT_EQ(catalog_.memberships(), before);
  EXPECT_EQ(report.regrouping->churned_faces, 0);
}

TEST_F(MixedModelsTest, EveryStepIsWhatAClusteringFromScratchGives) {
  add_faces(40, older_);
  name_person(catalog_, (cluster_by(newer_), person_of(faces_[0])), "Ann");
  const PersonId ann = person_of(faces_[0]);
  std::set<Computation> ways;
  std::vector<FaceId> waiting = faces_;
  std::shuffle(waiting.begin(), waiting.end(), random_);
  while (!waiting.empty()) {
    for (int i = 0; i < 5 && !waiting.empty(); ++i) {
      put_vector(waiting.back(), newer_);
      waiting.pop_back();
    }
    add_faces(1, newer_);
    const ReclusterReport report = cluster_by(newer_);
    ways.insert(report.computation);
    EXPECT_EQ(report.faces_by_other, waiting.size());
    EXPECT_EQ(partition(), expected_partition());
    EXPECT_EQ(person_of(faces_[0]), ann);
    EXPECT_EQ(name_of(ann), "Ann");
  }
  EXPECT_TRUE(ways.contains(Computation::kGrown)) << "the kept tree was of use";
  EXPECT_EQ(cluster_by(newer_).threshold, points_.own.clustering)
      << "none is of the older any more";
}

TEST_F(MixedModelsTest, WhereNothingIsKnownOfTheOlderTheCeilingIsThatOfTheModel) {
  add_faces(4, older_);
  put_vector(faces_[0], newer_);
  for (const std::optional<double> threshold : {std::optional<double>(0.5), {}}) {
    ReclusterOptions options{.model = newer_, .dimension = kDimension, .threshold = threshold};
    options.points = points_;
    options.points.own.joins = kReferenceJoins;
    const ReclusterReport report = recluster(catalog_, options);
    EXPECT_EQ(catalog_.merge_tree(newer_)->ceiling, kReferenceJoins.farthest());
    EXPECT_EQ(report.computation, threshold ? Computation::kScratch : Computation::kCut);
  }
}

TEST_F(MixedModelsTest, PeopleKnowHowManyOfTheirFacesAreSeenByTheOlder) {
  add_faces(8, older_);
  put_vector(faces_[0], newer_);
  put_vector(faces_[4], newer_);
  std::vector<std::vector<FaceId>> groups(2);
  for (std::size_t i = 0; i < faces_.size(); ++i) groups[i < 3 ? 0 : 1].push_back(faces_[i]);
  const ClusteringInput input = clustering_input(catalog_, newer_);
  std::vector<std::int32_t> cluster;
  for (const FaceId face : input.faces)
    cluster.push_back(std::count(groups[0].begin(), groups[0].end(), face) > 0 ? 0 : 1);
  store_groups(catalog_, plan_groups(catalog_, input, cluster));
  const PeopleVectors vectors(catalog_, newer_);
  EXPECT_DOUBLE_EQ(vectors.find(person_of(faces_[0]))->share_by_other(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(vectors.find(person_of(faces_[7]))->share_by_other(), 4.0 / 5);
}

}  // namespace
}  // namespace facenet

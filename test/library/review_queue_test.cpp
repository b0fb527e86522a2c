#include "library/review_queue.h"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "people/statements.h"
#include "test/catalog/fixture.h"
#include "test/people/album.h"

namespace facenet {
namespace {

constexpr int kWide = 64;

/// People of unit vectors in which each face is what the person looks like and much that is chance.
class ReviewQueueTest : public AlbumTest {
 protected:
  ReviewQueueTest() { model_ = catalog_.put_model({.name = "wide", .dimension = kWide}); }

  std::vector<float> direction() {
    std::vector<float> vector(kWide);
    for (float& value : vector) value = normal_(random_);
    return unit(vector);
  }
  static std::vector<float> unit(std::vector<float> vector) {
    double squares = 0;
    for (const float value : vector) squares += static_cast<double>(value) * value;
    for (float& value : vector) value /= static_cast<float>(std::sqrt(squares));
    return vector;
  }
  static std::vector<float> sum(std::vector<float> a, const std::vector<float>& b, float weight) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] += weight * b[i];
    return unit(a);
  }
  /// Photos of one face each.
  std::vector<FaceId> add_faces(const std::vector<float>& looks, int count, float chance) {
    std::vector<FaceId> faces;
    for (int i = 0; i < count; ++i) {
      std::vector<FaceId> added;
      const PhotoId photo =
          catalog_.add_photo(make_photo(++photos_), std::vector{make_face(1, 1)}, &added);
      catalog_.put_path({.path = fmt::format("/{}.jpg", photos_), .photo = photo});
      catalog_.put_embedding(added[0], model_, sum(looks, direction(), chance));
      faces.push_back(added[0]);
    }
    return faces;
  }
  ReviewQueue queue() const {
    PairPoints points;
    points.own = {.verification = 1.4,
                  .clustering = 1.38,
                  .midpoint = 1.403,
                  .steepness = 14.7,
                  .joins = kReferenceJoins};
    return review_queue(catalog_, model_, points, 1000, 1);
  }

  std::mt19937 random_{1};
  std::normal_distribution<float> normal_;
  int photos_ = 0;
};

TEST_F(ReviewQueueTest, HalvesOfAMuchPhotographedPersonComeFirst) {
  // As a child and grown up: whose single faces are farther apart than where even odds are.
  const std::vector<float> looks = direction();
  const auto child = add_faces(sum(looks, direction(), 0.8F), 30, 1.1F);
  const auto adult = add_faces(sum(looks, direction(), 0.8F), 25, 1.1F);
  std::vector<std::vector<FaceId>> groups = {child, adult};
  for (int i = 0; i < 40; ++i) groups.push_back(add_faces(direction(), 1, 0));
  regroup(groups);
  const PeopleVectors vectors(catalog_, model_);
  ASSERT_GT(PeopleVectors::mean_distance(*vectors.find(person_of(child[0])),
                                         *vectors.find(person_of(adult[0]))),
            1.403);
  const ReviewQueue found = queue();
  ASSERT_FALSE(found.pairs.empty());
  EXPECT_EQ(found.pairs[0].settles, 25);
  EXPECT_GT(found.pairs[0].probability, 0.5);
}

TEST_F(ReviewQueueTest, MoreRivalsMakeALikenessCheaper) {
  const std::vector<float> looks = direction();
  const auto one = add_faces(looks, 1, 0.9F);
  const auto other = add_faces(looks, 1, 0.9F);
  regroup({one, other});
  const double among_few = queue().pairs.at(0).probability;
  std::vector<std::vector<FaceId>> groups = {one, other};
  for (int i = 0; i < 300; ++i) groups.push_back(add_faces(direction(), 1, 0));
  regroup(groups);
  double among_many = 0;
  for (const ReviewPair& pair : queue().pairs)
    if (pair.a == person_of(one[0]) && pair.b == person_of(other[0])) among_many = pair.probability;
  EXPECT_LT(among_many, among_few);
}

TEST_F(ReviewQueueTest, FacesThatLeftAPersonWithANameAreAskedAboutHoweverUnlikely) {
  const auto ann = add_faces(direction(), 3, 0.5F);
  const auto other = add_faces(direction(), 3, 0.5F);
  regroup({ann, other});
  EXPECT_THAT(queue().pairs, testing::IsEmpty());
  name_person(catalog_, person_of(ann[0]), "Ann");
  catalog_.put_departure({.face = other[1], .person = person_of(ann[0])});
  const ReviewQueue found = queue();
  ASSERT_EQ(found.pairs.size(), 1U);
  EXPECT_EQ(found.pairs[0].departed, 1);
  EXPECT_EQ(found.pairs[0].settles, 3);
  answer_pair(catalog_, found.pairs[0].id(), false);
  EXPECT_THAT(queue().pairs, testing::IsEmpty()) << "it was answered";
}

TEST_F(ReviewQueueTest, AModelWithoutOddsIsRefused) {
  regroup({add_faces(direction(), 1, 0)});
  EXPECT_THROW(review_queue(catalog_, model_, {}, 10, 1), Error);
}

}  // namespace
}  // namespace facenet

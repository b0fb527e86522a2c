// Clusterings after faces were found anew.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "library/recluster.h"
#include "people/lost_faces.h"
#include "people/statements.h"
#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Four photos with one face each, at these angles on the unit circle: two people.
class RedetectedFacesTest : public CatalogTest {
 protected:
  RedetectedFacesTest() {
    for (const float angle : {0.0F, 0.1F, 1.5F, 1.6F}) {
      const int number = static_cast<int>(catalog_.photos().size()) + 1;
      const PhotoId photo = catalog_.add_photo(make_photo(number), std::vector{make_face(1, 1)});
      catalog_.put_path({.path = fmt::format("/{}.jpg", number), .photo = photo});
      put_vector(number, angle);
    }
  }
  void put_vector(FaceId face, float angle) {
    catalog_.put_embedding(face, model_, std::vector{std::cos(angle), std::sin(angle)});
  }
  void change(FaceId id, float angle) {
    FaceRecord face = make_face(2, 2);
    face.id = id;
    catalog_.change_face(face);
    put_vector(id, angle);
  }
  ReclusterReport cluster(bool rebuild = false) {
    ReclusterOptions options{.model = model_, .dimension = 2, .threshold = 0.3};
    options.points.own.clustering = 0.3;
    options.rebuild = rebuild;
    options.faces_per_change = 1;  // a small catalog would never grow
    return recluster(catalog_, options);
  }
  std::vector<std::int64_t> people() const {
    std::vector<std::int64_t> people;
    for (const auto& [face, person] : catalog_.memberships()) people.push_back(person);
    return people;
  }

  Catalog catalog_ = create();
  ModelId model_ = catalog_.put_model({.name = "m", .dimension = 2});
};

TEST_F(RedetectedFacesTest, TheKeptTreeFollowsAFaceWithAnotherVector) {
  cluster();
  const auto before = people();
  ASSERT_EQ(before[0], before[1]);
  ASSERT_EQ(before[2], before[3]);
  change(2, 1.55F);
  const ReclusterReport grown = cluster();
  EXPECT_EQ(grown.computation, Computation::kGrown);
  EXPECT_EQ(grown.changed_faces, 1U);
  EXPECT_THAT(people(), ElementsAre(before[0], before[2], before[2], before[2]));
  const auto after = people();
  cluster(true);
  EXPECT_EQ(people(), after);
  EXPECT_EQ(cluster().computation, Computation::kNone);
}

TEST_F(RedetectedFacesTest, TheKeptTreeFollowsAFaceThatIsGone) {
  cluster();
  const auto before = people();
  catalog_.remove_face(4);
  EXPECT_EQ(cluster().computation, Computation::kGrown);
  EXPECT_THAT(people(), ElementsAre(before[0], before[0], before[2]));
}

TEST_F(RedetectedFacesTest, LostFacesAreListedWithWhatKeepsThem) {
  cluster();
  EXPECT_THAT(lost_faces(catalog_), IsEmpty());
  name_person(catalog_, people()[2], "Anna");
  catalog_.set_lost(4, true);
  const auto lost = lost_faces(catalog_);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].face, 4);
  EXPECT_EQ(lost[0].person, people()[2]);
  EXPECT_EQ(lost[0].name, "Anna");
  EXPECT_EQ(lost[0].photo, "/4.jpg");
  ASSERT_EQ(lost[0].facts.size(), 1U);
  EXPECT_EQ(lost[0].facts[0].kind, "name");
}

}  // namespace
}  // namespace facenet

// Why two faces are together, also after something was said.
#include "library/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "people/statements.h"
#include "test/library/wide_album.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Ann and Ben, of four faces each.
class ExplainTest : public WideAlbumTest {
 protected:
  void SetUp() override {
    const auto ann = direction();
    const auto ben = direction();
    for (int i = 0; i < 4; ++i) {
      ann_.push_back(add({face(ann, 0.4F)}).front());
      ben_.push_back(add({face(ben, 0.4F)}).front());
    }
    cluster();
  }
  Explanation explain(FaceId a, FaceId b) const {
    PairPoints points;
    points.own = kPoint;
    return explain_faces(catalog_, model_, points, a, b);
  }
  std::vector<FaceId> ann_, ben_;
};

TEST_F(ExplainTest, WhatIsSaidOfOthersChangesNothing) {
  const Explanation before = explain(ann_[0], ann_[1]);
  ASSERT_TRUE(before.together && before.as_grouped && before.joined_at);
  name_person(catalog_, person_of(ben_[0]), "Ben");
  const Explanation after = explain(ann_[0], ann_[1]);
  EXPECT_FALSE(after.as_grouped);
  EXPECT_TRUE(after.together);
  EXPECT_NEAR(after.joined_at.value(), *before.joined_at, 1e-9);
  EXPECT_EQ(std::minmax(after.size_a, after.size_b), std::minmax(before.size_a, before.size_b));
  EXPECT_NEAR(after.mean_distance.value(), before.mean_distance.value(), 1e-9);
  ASSERT_TRUE(after.terms);
  EXPECT_NEAR(after.terms->evidence.cosine, before.terms->evidence.cosine, 1e-9);
  EXPECT_THAT(after.constraints, IsEmpty());
  cluster();
  EXPECT_TRUE(explain(ann_[0], ann_[1]).as_grouped);
}

TEST_F(ExplainTest, WhatWasSaidOfTheTwoHolds) {
  name_person(catalog_, person_of(ann_[0]), "Ann");
  EXPECT_THAT(explain(ann_[0], ann_[1]).constraints, ElementsAre(HasSubstr("fact 1")));
  merge_people(catalog_, person_of(ann_[0]), person_of(ben_[0]));
  const Explanation merged = explain(ann_[0], ben_[0]);
  EXPECT_TRUE(merged.together);
  EXPECT_THAT(merged.constraints, testing::Contains(HasSubstr("fact 2")));
  undo_fact(catalog_, 2);
  reject_faces(catalog_, std::vector{ann_[0]});
  const Explanation rejected = explain(ann_[0], ann_[1]);
  EXPECT_FALSE(rejected.together);
  EXPECT_THAT(rejected.constraints, ElementsAre(HasSubstr("is not person")));
  EXPECT_EQ(rejected.size_a, 1U);
  EXPECT_EQ(rejected.size_b, 3U);
}

TEST_F(ExplainTest, AFaceOfWhichNobodyWasMadeIsRefused) {
  const FaceId fresh = add({vector_at(ann_[0], 0.9F)}).front();
  EXPECT_THROW(explain(ann_[0], fresh), Error);
  EXPECT_TRUE(explain(ann_[0], ann_[1]).together);
}

}  // namespace
}  // namespace facenet

// How much vectors say, as the catalog keeps it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr VectorEvidence kEvidence{.length = 2.5, .sharpness = 0.25};
constexpr VectorEvidence kOther{.length = 3.5, .sharpness = 0.5};

class RecognisabilityTest : public CatalogTest {
 protected:
  RecognisabilityTest() {
    photo_ = catalog_.add_photo(make_photo(1), std::vector{make_face(1, 1), make_face(50, 1)});
    model_ = catalog_.put_model({.name = "m", .dimension = 1});
  }

  Catalog catalog_ = create();
  PhotoId photo_ = 0;
  ModelId model_ = 0;
};

TEST_F(RecognisabilityTest, EvidenceBelongsToAVector) {
  catalog_.put_embedding(1, model_, std::vector{1.0F}, kEvidence);
  catalog_.put_embedding(2, model_, std::vector{1.0F});
  EXPECT_THAT(catalog_.evidence(model_), ElementsAre(Pair(1, kEvidence)));
  EXPECT_THAT(catalog_.photos_without_evidence(model_), ElementsAre(photo_));
  catalog_.put_evidence(2, model_, kOther);
  EXPECT_THAT(catalog_.evidence(model_), ElementsAre(Pair(1, kEvidence), Pair(2, kOther)));
  EXPECT_THAT(catalog_.photos_without_evidence(model_), IsEmpty());
  const ModelId other = catalog_.put_model({.name = "other", .dimension = 1});
  EXPECT_THAT(catalog_.evidence(other), IsEmpty());
  // A vector of which nothing is known takes the place of one with evidence.
  catalog_.put_embedding(1, model_, std::vector{-1.0F});
  EXPECT_THAT(catalog_.evidence(model_), ElementsAre(Pair(2, kOther)));
}

TEST_F(RecognisabilityTest, NothingIsLeftOfARemovedFace) {
  catalog_.put_embedding(1, model_, std::vector{1.0F}, kEvidence);
  catalog_.set_unrecognisable(std::vector<FaceId>{1, 2});
  catalog_.remove_face(1);
  EXPECT_THAT(catalog_.evidence(model_), IsEmpty());
  EXPECT_THAT(catalog_.unrecognisable(), ElementsAre(2));
  EXPECT_THAT(catalog_.check(), IsEmpty());
}

TEST_F(RecognisabilityTest, TheLastGroupingsFacesTakeThePlaceOfThoseOfBefore) {
  catalog_.set_unrecognisable(std::vector<FaceId>{1});
  catalog_.set_unrecognisable(std::vector<FaceId>{2});
  EXPECT_THAT(catalog_.unrecognisable(), ElementsAre(2));
  catalog_.set_unrecognisable({});
  EXPECT_THAT(catalog_.unrecognisable(), IsEmpty());
}

TEST_F(RecognisabilityTest, AModelsConstantsAreThoseThatWereGivenLast) {
  const RecognisabilityConstants constants{.length = 7, .sharpness = 1, .offset = -4};
  const ModelRecord record{.name = "m", .dimension = 1, .recognisability = constants};
  EXPECT_EQ(catalog_.put_model(record), model_);
  EXPECT_EQ(catalog_.models()[0].recognisability, constants);
  EXPECT_EQ(catalog_.put_model({.name = "m", .dimension = 1}), model_);
  EXPECT_FALSE(catalog_.models()[0].recognisability.is_measured());
}

}  // namespace
}  // namespace facenet

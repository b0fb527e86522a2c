#include "exchange/told_names.h"

#include <gmock/gmock.h>

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ToldNames, OneFaceAndOneNameAreOne) {
  const ToldNames told = tell_names({{.face = 7}}, {"Ann"}, true);
  EXPECT_EQ(told.face, 7);
  EXPECT_EQ(told.name, "Ann");
  EXPECT_THAT(told.untold, IsEmpty());
}

TEST(ToldNames, TheRestFollowsByElimination) {
  const ToldNames told =
      tell_names({{.face = 7, .name = "ann"}, {.face = 8}}, {"Ann", "Bob"}, true);
  EXPECT_EQ(told.face, 8);
  EXPECT_EQ(told.name, "Bob");
  // Somebody who is not among the names is not the one that is sought, either.
  EXPECT_EQ(tell_names({{.face = 7, .name = "Eve"}, {.face = 8}}, {"Bob"}, true).face, 8);
}

TEST(ToldNames, NothingIsGuessed) {
  EXPECT_THAT(tell_names({{.face = 7}, {.face = 8}}, {"Ann", "Bob"}, true).untold,
              ElementsAre("Ann", "Bob"));
  EXPECT_THAT(tell_names({{.face = 7}, {.face = 8}}, {"Ann"}, true).untold, ElementsAre("Ann"));
  EXPECT_THAT(tell_names({{.face = 7}}, {"Ann", "Bob"}, true).untold, ElementsAre("Ann", "Bob"));
  EXPECT_THAT(tell_names({}, {"Ann"}, true).untold, ElementsAre("Ann"));
  const ToldNames unclear = tell_names({{.face = 7}}, {"Ann"}, false);
  EXPECT_EQ(unclear.face, 0);
  EXPECT_THAT(unclear.untold, ElementsAre("Ann")) << "there may be other faces";
}

TEST(ToldNames, WhatWasKnownIsNotTold) {
  const ToldNames told = tell_names({{.face = 7, .name = "Ann"}, {.face = 8}}, {"Ann"}, true);
  EXPECT_EQ(told.face, 0);
  EXPECT_THAT(told.untold, IsEmpty());
}

}  // namespace
}  // namespace facenet

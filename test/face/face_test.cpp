#include "face/face.h"

#include <random>

#include <gtest/gtest.h>

namespace facenet {
namespace {

TEST(Overlap, CountsPixels) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> place(0, 12);
  std::uniform_int_distribution<int> size(1, 12);
  const auto inside = [](const Box& box, int x, int y) {
    const auto px = static_cast<float>(x);
    const auto py = static_cast<float>(y);
    return px >= box.x && px < box.x + box.width && py >= box.y && py < box.y + box.height;
  };
  const auto draw = [&] {
    return Box{static_cast<float>(place(random)), static_cast<float>(place(random)),
               static_cast<float>(size(random)), static_cast<float>(size(random))};
  };
  for (int round = 0; round < 200; ++round) {
    const Box a = draw();
    const Box b = draw();
    int both = 0;
    int either = 0;
    for (int y = 0; y < 24; ++y) {
      for (int x = 0; x < 24; ++x) {
        both += inside(a, x, y) && inside(b, x, y) ? 1 : 0;
        either += inside(a, x, y) || inside(b, x, y) ? 1 : 0;
      }
    }
    EXPECT_NEAR(overlap(a, b), static_cast<double>(both) / either, 1e-6);
  }
}

TEST(Overlap, IsZeroForBoxesThatTouchAndForEmptyOnes) {
  EXPECT_EQ(overlap({0, 0, 10, 10}, {10, 0, 10, 10}), 0);
  EXPECT_EQ(overlap({0, 0, 10, 10}, {20, 20, 10, 10}), 0);
  EXPECT_EQ(overlap({0, 0, 0, 0}, {0, 0, 0, 0}), 0);
}

TEST(Scaled, KeepsEdgesOnEdgesAndCentresOnCentres) {
  Face face{{1, 2, 3, 4}, 0.5F, {}};
  face.landmarks[0] = {0, 0};   // the middle of the first pixel…
  face.landmarks[1] = {2, 10};  // …and of another
  const Face large = scaled(face, 4);
  EXPECT_EQ(large.box.x, 4);
  EXPECT_EQ(large.box.y, 8);
  EXPECT_EQ(large.box.width, 12);
  EXPECT_EQ(large.box.height, 16);
  EXPECT_EQ(large.score, 0.5F);
  // Pixel 0 becomes the pixels 0, 1, 2, 3, whose middle is 1.5.
  EXPECT_EQ(large.landmarks[0].x, 1.5F);
  EXPECT_EQ(large.landmarks[0].y, 1.5F);
  EXPECT_EQ(large.landmarks[1].x, 9.5F);
  EXPECT_EQ(large.landmarks[1].y, 41.5F);
  const Face back = scaled(large, 0.25F);
  EXPECT_EQ(back.landmarks[1].x, 2);
  EXPECT_EQ(back.box.width, 3);
}

TEST(SortFaces, PutsTheLargerFirstAndTiesInReadingOrder) {
  std::vector<Face> faces{{{5, 5, 2, 2}, 0.9F, {}},
                          {{7, 1, 2, 2}, 0.8F, {}},
                          {{0, 9, 3, 3}, 0.7F, {}},
                          {{1, 1, 2, 2}, 0.6F, {}}};
  sort_faces(faces);
  EXPECT_EQ(faces[0].score, 0.7F);
  EXPECT_EQ(faces[1].score, 0.6F);
  EXPECT_EQ(faces[2].score, 0.8F);
  EXPECT_EQ(faces[3].score, 0.9F);
}

}  // namespace
}  // namespace facenet

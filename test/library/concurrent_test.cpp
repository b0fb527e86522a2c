// What other processes do while faces are grouped.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "library/recluster.h"
#include "people/partition.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::IsEmpty;

constexpr int kDimension = 32;

class ConcurrentTest : public AlbumTest {
 protected:
  ConcurrentTest() { model_ = catalog_.put_model({.name = "wide", .dimension = kDimension}); }

  /// Photos of one face each, of people with five photos.
  void add_faces(int count) {
    Catalog::Transaction transaction(catalog_);
    std::vector<float> looks(kDimension);
    for (int i = 0; i < count; ++i) {
      if (i % 5 == 0)
        for (float& value : looks) value = normal_(random_);
      std::vector<float> vector = looks;
      double squares = 0;
      for (float& value : vector) {
        value += 0.5F * normal_(random_);
        squares += static_cast<double>(value) * static_cast<double>(value);
      }
      for (float& value : vector) value /= static_cast<float>(std::sqrt(squares));
      std::vector<FaceId> ids;
      const PhotoId photo =
          catalog_.add_photo(make_photo(++photos_), std::vector{make_face(1, 1)}, &ids);
      catalog_.put_path({.path = fmt::format("/{}.jpg", photos_), .photo = photo});
      catalog_.put_embedding(ids.front(), model_, vector);
      faces_.push_back(ids.front());
    }
    transaction.commit();
  }
  ReclusterReport cluster(bool rebuild) {
    ReclusterOptions options{.model = model_, .dimension = kDimension, .rebuild = rebuild};
    options.points.own = {.clustering = 1, .joins = kReferenceJoins};
    return recluster(catalog_, options);
  }

  std::mt19937 random_{3};
  std::normal_distribution<float> normal_;
  std::vector<FaceId> faces_;
  int photos_ = 0;
};

TEST_F(ConcurrentTest, WhatIsSaidWhileFacesAreGroupedIsObeyed) {
  add_faces(2500);
  cluster(false);
  std::atomic<bool> grouping = true;
  std::atomic<int> said = 0;
  std::thread user([&] {
    Catalog other(file(), Catalog::Mode::kWrite);
    std::mt19937 random(9);
    for (int i = 0; grouping; ++i) {
      const auto somebody = [&] {
        const FaceId face = faces_[random() % faces_.size()];
        return require_person_of(other, face);
      };
      try {
        const PersonId a = somebody();
        const PersonId b = somebody();
        if (i % 3 == 0) name_person(other, a, fmt::format("Person {}", i));
        if (i % 3 == 1) merge_people(other, a, b);
        if (i % 3 == 2) tell_apart(other, a, b);
      } catch (const Error&) {
        continue;  // such as two people who are one already
      }
      if (grouping) ++said;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  // Who waits for the end of a grouping says one thing before it and one after it.
  constexpr int kRuns = 3, kMostRuns = 200;
  int most_said = 0;
  for (int run = 0; run < kRuns || (most_said < 5 && run < kMostRuns); ++run) {
    const int before = said;
    cluster(true);
    most_said = std::max(most_said, said - before);
  }
  grouping = false;
  user.join();
  EXPECT_GE(most_said, 5) << "nobody waits for the end of a grouping";
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());
  const ReclusterReport report = cluster(false);
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());
  EXPECT_GT(report.faces, 0U);
  const auto grown = catalog_.memberships();
  cluster(true);
  EXPECT_EQ(catalog_.memberships(), grown) << "the tree that was kept is that of these facts";
}

}  // namespace
}  // namespace facenet

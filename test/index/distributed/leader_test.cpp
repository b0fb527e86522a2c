#include "index/distributed/leader.h"

#include <vector>

#include <gtest/gtest.h>

#include "../linkage/samples.h"
#include "thread_ranks.h"

namespace facenet {
namespace {

using namespace testing_index;

TEST(LeadingRank, IsHelpedWithEachTaskUntilItReleasesTheOthers) {
  Random random(3);
  std::vector<Sample> samples{
      clustered(random, 500, 6, 30, 0.2F, true), grid(random, 90, 2, 4), {}};
  for (Sample& sample : samples) {
    if (sample.count() > 0) constrain(random, sample, 15);
  }
  for (const int size : {1, 2, 3}) {
    ThreadRanks::run(size, [&](Ranks& ranks) {
      if (ranks.rank() != 0) return help(ranks);
      LeadingRank leader(ranks);
      for (const Sample& sample : samples) {
        const AgglomerateOptions options{.threshold = 0.8};
        expect_same_bits(leader.agglomerate(sample.points(), sample.constraints(), options),
                         agglomerate(sample.points(), sample.constraints(), options));
      }
      leader.release();
    });
  }
}

TEST(LeadingRank, MayNeedNobody) {
  ThreadRanks::run(2, [](Ranks& ranks) {
    if (ranks.rank() != 0) return help(ranks);
    LeadingRank(ranks).release();
  });
}

}  // namespace
}  // namespace facenet

#include "train/eval/videos.h"

#include <cmath>
#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/support/temporary_folder.h"
#include "train/eval/verification.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::size_t kDimension = 16;
using Vectors = std::vector<std::vector<float>>;

Vectors unit_vectors(int count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Vectors vectors;
  for (int i = 0; i < count; ++i) {
    std::vector<float> vector(kDimension);
    float square = 0;
    for (float& value : vector) {
      value = normal(random) + 0.5F;
      square += value * value;
    }
    for (float& value : vector) value /= std::sqrt(square);
    vectors.push_back(vector);
  }
  return vectors;
}

VideoMean mean_of(const Vectors& vectors) {
  VideoMean mean;
  for (const auto& vector : vectors) mean.add(vector);
  return mean;
}

TEST(VideoMean, GivesTheMeanOfAllPairs) {
  const Vectors first = unit_vectors(7, 1), second = unit_vectors(4, 2);
  double sum = 0;
  for (const auto& a : first) {
    for (const auto& b : second) {
      for (std::size_t i = 0; i < kDimension; ++i) sum += std::pow(a[i] - b[i], 2);
    }
  }
  EXPECT_NEAR(mean_squared_distance(mean_of(first), mean_of(second)), sum / (7 * 4), 1e-6);
  EXPECT_EQ(mean_of(first).faces(), 7);
}

TEST(VideoMean, WithoutAFaceIsInfinitelyFar) {
  const VideoMean some = mean_of(unit_vectors(1, 3));
  EXPECT_EQ(mean_squared_distance(some, {}), HUGE_VAL);
  EXPECT_EQ(mean_squared_distance({}, some), HUGE_VAL);
}

class SplitsFileTest : public testing::Test {
 protected:
  std::vector<VideoPair> read(const std::string& content) {
    return read_video_pairs(folder_.write("splits.txt", content));
  }
  void expect_error(const std::string& content, const std::string& what) {
    EXPECT_THAT([&] { read(content); },
                ThrowsMessage<Error>(AllOf(HasSubstr("splits.txt"), HasSubstr(what))));
  }

  const TemporaryFolder folder_;
};

TEST_F(SplitsFileTest, HoldsPairsInFolds) {
  const auto pairs = read(
      "split number, first name, second name, is same\r\n"
      "1, Aaron_Eckhart/0, Aaron_Eckhart/3, 1\r\n"
      "1 ,Aaron_Eckhart/0 ,Ben Two/1 ,0\n"
      "\n"
      "10,Cid/5,Cid/2,1");
  ASSERT_EQ(pairs.size(), 3U);
  EXPECT_EQ(pairs[0].first, "Aaron_Eckhart/0");
  EXPECT_EQ(pairs[0].second, "Aaron_Eckhart/3");
  EXPECT_TRUE(pairs[0].same);
  EXPECT_EQ(pairs[0].fold, 1);
  EXPECT_EQ(pairs[1].second, "Ben Two/1");
  EXPECT_FALSE(pairs[1].same);
  EXPECT_EQ(pairs[2].fold, 10);
}

TEST_F(SplitsFileTest, SaysWhichLineIsWrong) {
  EXPECT_THAT([&] { read_video_pairs(folder_.path("none.txt")); },
              ThrowsMessage<Error>(HasSubstr("none.txt: cannot be read")));
  expect_error("", "no pairs");
  expect_error("split, first, second, same\n", "no pairs");
  expect_error("1, A/0, A/1, 1\nsplit, first, second, same\n", "line 2 is not a pair");
  expect_error("1, A/0, A/1\n", "line 1 is not a pair");
  expect_error("1, A/0, A/1, 2\n", "line 1 is not a pair");
  expect_error("1x, A/0, A/1, 1\n", "line 1 is not a pair");
  expect_error("1, A/0, A/1, 1\n1, A, B/1, 0\n", "line 2 is not a pair");
  expect_error("1, A/0, /1, 1\n", "line 1 is not a pair");
}

std::vector<std::string> videos_of(int people, int videos) {
  std::vector<std::string> names;
  for (int person = 0; person < people; ++person) {
    for (int video = 0; video < videos; ++video) {
      names.push_back("person " + std::to_string(person) + "/" + std::to_string(video));
    }
  }
  return names;
}

TEST(VideoPairs, AreAllOfOnePersonAndAsManyOfTwo) {
  const auto videos = videos_of(100, 3);
  const auto pairs = make_video_pairs(videos, 10, 7);
  std::set<std::pair<std::string, std::string>> seen;
  std::map<int, int> balance;
  std::map<std::string, std::set<int>> folds;
  int same = 0;
  for (const VideoPair& pair : pairs) {
    EXPECT_EQ(pair.same, person_of_video(pair.first) == person_of_video(pair.second));
    EXPECT_TRUE(seen.insert(std::minmax(pair.first, pair.second)).second);
    folds[person_of_video(pair.first)].insert(pair.fold);
    folds[person_of_video(pair.second)].insert(pair.fold);
    balance[pair.fold] += pair.same ? 1 : -1;
    same += pair.same ? 1 : 0;
  }
  EXPECT_EQ(same, 100 * 3);
  EXPECT_EQ(balance.size(), 10U);
  for (const auto& [fold, difference] : balance) EXPECT_EQ(difference, 0) << fold;
  for (const auto& [person, of] : folds) EXPECT_EQ(of.size(), 1U) << person;
}

TEST(VideoPairs, DependOnTheSeedAlone) {
  const auto names = [](std::uint64_t seed) {
    std::vector<std::string> result;
    for (const VideoPair& pair : make_video_pairs(videos_of(100, 3), 10, seed)) {
      result.push_back(pair.first + " " + pair.second);
    }
    return result;
  };
  EXPECT_EQ(names(1), names(1));
  EXPECT_NE(names(1), names(2));
}

TEST(VideoPairs, AreDrawnEvenly) {
  // Two folds or more of some people, one video pair each: how often is each pair of two drawn?
  std::map<std::string, int> drawn;
  constexpr int kDraws = 2000;
  for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
    for (const VideoPair& pair : make_video_pairs(videos_of(12, 2), 2, seed)) {
      if (!pair.same && pair.fold == 0) ++drawn[pair.first + " " + pair.second];
    }
  }
  // A fold of p people has p pairs of one and 2 p (p - 1) of two, of which p are drawn.
  std::set<std::string> people;
  for (const auto& [pair, count] : drawn) people.insert(pair.substr(0, pair.find('/')));
  const auto number = static_cast<double>(people.size() + 1);  // the last is nobody's first
  EXPECT_EQ(static_cast<double>(drawn.size()), 2 * number * (number - 1));
  const double expected = kDraws / (2 * (number - 1));
  for (const auto& [pair, count] : drawn) {
    EXPECT_NEAR(count, expected, 6 * std::sqrt(expected)) << pair;
  }
}

TEST(VideoPairs, LeaveOutFoldsWithoutBothKinds) {
  std::vector<VerificationPair> measured;
  for (const VideoPair& pair : make_video_pairs(videos_of(30, 2), 40, 7)) {
    measured.push_back({1, pair.same, pair.fold});
  }
  EXPECT_NO_THROW(verify_folds(measured, {}));
  EXPECT_THAT([] { make_video_pairs(videos_of(50, 1), 10, 7); },
              ThrowsMessage<Error>(HasSubstr("two videos")));
}

}  // namespace
}  // namespace facenet

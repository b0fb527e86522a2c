#include "train/data/chip_cache.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/support/temporary_folder.h"
#include "test/train/data/chips.h"
#include "train/data/chip_cache_writer.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::ThrowsMessage;

constexpr int kEdge = 20;
const ChipGeometry kGeometry{.alignment = "arcface-112", .edge = kEdge, .margin = 4};

Sha256 hash_of(const std::string& text) {
  return sha256(std::as_bytes(std::span(text)));
}

class ChipCacheTest : public testing::Test {
 protected:
  /// Adds a photo whose bytes are `content` and whose chip is noise of the seed.
  void add(ChipCacheWriter& writer, const std::string& path, const std::string& content,
           std::uint64_t seed) const {
    writer.add_chip({path, 1, 2}, hash_of(content), noise_chip(kGeometry, seed));
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.path("chips.cache");
};

TEST_F(ChipCacheTest, GivesBackWhatWasAddedByPerson) {
  ChipCacheWriter writer(path_, kGeometry, "by hand");
  add(writer, "/z.jpg", "z", 1);
  add(writer, "/b.jpg", "b", 2);
  writer.add_without_face({"/empty.jpg", 1, 2});
  add(writer, "/a.jpg", "a", 3);
  writer.add_unreadable({"/broken.jpg", 1, 2}, "cut short");
  writer.finish({{"/z.jpg", "Adams"},
                 {"/b.jpg", "Berg"},
                 {"/empty.jpg", "Nobody"},
                 {"/a.jpg", "Berg"},
                 {"/broken.jpg", "Adams"}});
  EXPECT_THAT(fs::directory_iterator(folder_.path()),
              testing::Truly([](auto i) { return std::distance(begin(i), end(i)) == 1; }));

  const ChipCache cache(path_);
  EXPECT_EQ(cache.geometry(), kGeometry);
  EXPECT_EQ(cache.settings(), "by hand");
  ASSERT_EQ(cache.size(), 3U);
  EXPECT_THAT(cache.identities(), ElementsAre("Adams", "Berg"));
  EXPECT_THAT(cache.identity(), ElementsAre(0, 1, 1));
  EXPECT_EQ(cache.source(0), "/z.jpg");
  EXPECT_EQ(cache.source(1), "/a.jpg");
  EXPECT_EQ(cache.chip(0).pixels, noise_chip(kGeometry, 1).pixels);
  EXPECT_EQ(cache.chip(1).pixels, noise_chip(kGeometry, 3).pixels);
  EXPECT_THAT(cache.pixels(2), testing::ElementsAreArray(noise_chip(kGeometry, 2).pixels));

  const ChipSummary summary = cache.summary();
  EXPECT_EQ(summary.images, 5U);
  EXPECT_EQ(summary.chips, 3U);
  EXPECT_THAT(summary.unreadable, ElementsAre(Pair("/broken.jpg", "cut short")));
  EXPECT_THAT(summary.without_face, ElementsAre("/empty.jpg"));
  EXPECT_THAT(summary.duplicates, IsEmpty());
  EXPECT_THAT(summary.contradictions, IsEmpty());
}

TEST_F(ChipCacheTest, DropsCopiesAndContradictions) {
  ChipCacheWriter writer(path_, kGeometry, "");
  for (const std::string path : {"1", "2", "3", "4", "5", "6"}) {
    const std::map<std::string, std::string> contents = {
        {"2", "copy"}, {"3", "copy"}, {"4", "both"}, {"5", "both"}};
    const auto found = contents.find(path);
    add(writer, path, found == contents.end() ? path : found->second, 7);
  }
  writer.finish({{"1", "A"}, {"2", "A"}, {"3", "A"}, {"4", "A"}, {"5", "B"}, {"6", "B"}});
  const ChipCache cache(path_);
  const ChipSummary summary = cache.summary();
  EXPECT_THAT(summary.duplicates, ElementsAre("3"));
  EXPECT_THAT(summary.contradictions, ElementsAre("4", "5"));
  ASSERT_EQ(cache.size(), 3U);
  EXPECT_EQ(cache.source(1), "2");
  EXPECT_EQ(cache.source(2), "6");
}

TEST_F(ChipCacheTest, APathUnderTwoPeopleIsAContradiction) {
  ChipCacheWriter writer(path_, kGeometry, "");
  add(writer, "1", "1", 1);
  add(writer, "2", "2", 2);
  writer.finish({{"1", "A"}, {"1", "B"}, {"2", "A"}, {"2", "A"}});
  const ChipSummary summary = ChipCache(path_).summary();
  EXPECT_THAT(summary.contradictions, ElementsAre("1", "1"));
  EXPECT_THAT(summary.duplicates, ElementsAre("2"));
}

TEST_F(ChipCacheTest, TheFingerprintIsOfLabelsAndPixels) {
  const auto fingerprint = [&](const std::string& path, const std::string& person,
                               std::uint64_t seed, std::optional<int> margin = {}) {
    ChipGeometry geometry = kGeometry;
    geometry.margin = margin.value_or(geometry.margin);
    ChipCacheWriter writer(path_, geometry, "");
    writer.add_chip({path, 1, 2}, hash_of(path), noise_chip(geometry, seed));
    writer.finish({{path, person}});
    return ChipCache(path_).fingerprint();
  };
  const std::string base = fingerprint("a", "A", 1);
  EXPECT_EQ(base.size(), 64U);
  EXPECT_EQ(fingerprint("elsewhere/a", "A", 1), base);
  EXPECT_NE(fingerprint("a", "B", 1), base);
  EXPECT_NE(fingerprint("a", "A", 2), base);
  EXPECT_NE(fingerprint("a", "A", 1, 5), base);
}

TEST_F(ChipCacheTest, EveryCutAndEveryFlippedByteOutsideTheChipsIsAnError) {
  write_noise_cache(path_, kGeometry, 3, 2);
  const std::string whole = folder_.read("chips.cache");
  const std::size_t chips_end = kChipHeaderBytes + 6 * kGeometry.bytes();
  const auto expect_error = [&](const std::string& bytes, const std::string& what) {
    folder_.write("chips.cache", bytes);
    EXPECT_THAT([&] { ChipCache cache(path_); },
                ThrowsMessage<Error>(testing::StartsWith(path_ + ": it")))
        << what;
  };
  for (const std::size_t size : {0UL, 5UL, 100UL, kChipHeaderBytes - 1, kChipHeaderBytes,
                                 chips_end - 1, chips_end, whole.size() - 1}) {
    expect_error(whole.substr(0, size), fmt::format("cut to {}", size));
  }
  expect_error(whole + "x", "one byte more");
  for (std::size_t at = 0; at < whole.size(); at += at < 200 ? 1 : 37) {
    if (at == 104) at = chips_end;  // the rest of the header is empty, chips are not checked
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    folder_.write("chips.cache", flipped);
    EXPECT_THROW(ChipCache cache(path_), Error) << at;
  }
  folder_.write("chips.cache", whole);
  EXPECT_EQ(ChipCache(path_).size(), 6U);
}

TEST_F(ChipCacheTest, AWriterCarriesOn) {
  {
    ChipCacheWriter writer(path_, kGeometry, "s");
    add(writer, "a", "a", 1);
    writer.add_without_face({"b", 1, 2});
  }
  EXPECT_FALSE(fs::exists(path_));
  ChipCacheWriter writer(path_, kGeometry, "s");
  EXPECT_TRUE(writer.has({"a", 1, 2}));
  EXPECT_TRUE(writer.has({"b", 1, 2}));
  EXPECT_FALSE(writer.has({"a", 1, 3}));  // the file changed
  EXPECT_FALSE(writer.has({"c", 1, 2}));
  add(writer, "c", "c", 3);
  writer.finish({{"a", "A"}, {"b", "A"}, {"c", "A"}});
  const ChipCache cache(path_);
  ASSERT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.chip(0).pixels, noise_chip(kGeometry, 1).pixels);
  EXPECT_EQ(cache.chip(1).pixels, noise_chip(kGeometry, 3).pixels);
}

TEST_F(ChipCacheTest, AChangedPhotoIsAddedAgain) {
  ChipCacheWriter writer(path_, kGeometry, "s");
  add(writer, "a", "before", 1);
  writer.add_chip({"a", 1, 3}, hash_of("after"), noise_chip(kGeometry, 2));
  EXPECT_FALSE(writer.has({"a", 1, 2}));
  writer.finish({{"a", "A"}});
  EXPECT_EQ(ChipCache(path_).chip(0).pixels, noise_chip(kGeometry, 2).pixels);
}

TEST_F(ChipCacheTest, OtherSettingsStartAnew) {
  for (const auto& [geometry, settings] :
       {std::pair(kGeometry, "other"), std::pair(ChipGeometry{"dlib-150", kEdge, 4}, "s")}) {
    {
      ChipCacheWriter writer(path_, kGeometry, "s");
      add(writer, "a", "a", 1);
    }
    EXPECT_FALSE(ChipCacheWriter(path_, geometry, settings).has({"a", 1, 2})) << settings;
  }
}

TEST_F(ChipCacheTest, SurvivesFilesCutAnywhere) {
  {
    ChipCacheWriter writer(path_, kGeometry, "s");
    for (const std::string name : {"a", "b", "c"}) add(writer, name, name, hash_of(name).bytes[0]);
  }
  const std::string journal = folder_.read("chips.cache.journal");
  const std::string partial = folder_.read("chips.cache.partial");
  const auto recover = [&](const std::string& what) {
    ChipCacheWriter writer(path_, kGeometry, "s");
    int kept = 0;
    for (const std::string name : {"a", "b", "c"}) {
      kept += writer.has({name, 1, 2});
      if (!writer.has({name, 1, 2})) add(writer, name, name, hash_of(name).bytes[0]);
    }
    writer.finish({{"a", "A"}, {"b", "A"}, {"c", "A"}});
    const ChipCache cache(path_);
    EXPECT_EQ(cache.size(), 3U) << what;
    for (std::size_t i = 0; i < cache.size(); ++i) {
      EXPECT_EQ(cache.chip(i).pixels,
                noise_chip(kGeometry, hash_of(cache.source(i)).bytes[0]).pixels)
          << what;
    }
    return kept;
  };
  int last = 0;
  for (std::size_t size = 0; size <= journal.size();
       size += std::min(9UL, std::max(1UL, journal.size() - size))) {
    folder_.write("chips.cache.journal", journal.substr(0, size));
    folder_.write("chips.cache.partial", partial);
    const int kept = recover(fmt::format("journal cut to {}", size));
    EXPECT_GE(kept, last);
    last = kept;
  }
  EXPECT_EQ(last, 3);
  for (const std::size_t chips : {0UL, 1UL, 2UL}) {
    folder_.write("chips.cache.journal", journal);
    folder_.write("chips.cache.partial",
                  partial.substr(0, kChipHeaderBytes + chips * kGeometry.bytes() + 7));
    EXPECT_EQ(recover(fmt::format("{} chips left", chips)), static_cast<int>(chips));
  }
}

TEST_F(ChipCacheTest, TwoWritersOfOneCacheAreRefused) {
  const ChipCacheWriter first(path_, kGeometry, "s");
  EXPECT_THAT([&] { ChipCacheWriter(path_, kGeometry, "s"); },
              ThrowsMessage<Error>(HasSubstr("another process")));
}

TEST_F(ChipCacheTest, TakesOverFromAnOlderCache) {
  {
    ChipCacheWriter writer(path_, kGeometry, "s");
    add(writer, "1", "both", 1);
    add(writer, "2", "both", 2);
    writer.add_unreadable({"3", 1, 2}, "broken");
    writer.finish({{"1", "A"}, {"2", "B"}, {"3", "B"}});
  }
  const ChipCache old(path_);
  ASSERT_EQ(old.size(), 0U);  // a contradiction
  ChipCacheWriter writer(path_, kGeometry, "s");
  writer.add_from(old, 0);
  writer.add_from(old, 2);
  EXPECT_TRUE(writer.has({"1", 1, 2}));
  writer.finish({{"1", "A"}, {"3", "B"}});  // which this data set is free of
  const ChipCache cache(path_);
  ASSERT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.chip(0).pixels, noise_chip(kGeometry, 1).pixels);
  EXPECT_THAT(cache.summary().unreadable, ElementsAre(Pair("3", "broken")));
}

TEST(ChipGeometry, RefusesWhatCannotBe) {
  EXPECT_THROW((ChipGeometry{"mean-face", 112, 16}.validate()), UsageError);
  EXPECT_THROW((ChipGeometry{"arcface-112", 0, 0}.validate()), UsageError);
  EXPECT_THROW((ChipGeometry{"arcface-112", 112, -1}.validate()), UsageError);
  EXPECT_THROW((ChipGeometry{"arcface-112", 112, 113}.validate()), UsageError);
}

}  // namespace
}  // namespace facenet

// Failures that the catalog remembers.
#include <gmock/gmock.h>

#include "pipeline/scan.h"
#include "test/pipeline/text_photos.h"

namespace facenet {
namespace {

class RetryTest : public TextPhotosTest {
 protected:
  /// As a version before this one kept every failure: for good.
  void fail_for_good(const std::string& name, const std::string& reason) {
    FoundFile file;
    ASSERT_TRUE(stat_file(path(name), file));
    catalog_.put_path(
        {.path = path(name), .size = file.size, .mtime_ns = file.mtime_ns, .error = reason});
  }
};

TEST_F(RetryTest, WhatAnEarlierVersionTookForFinalIsTriedAgain) {
  write_photo("photos/large", "0.95 10 10");
  write_photo("photos/unlucky", "0.95 20 20");
  write_photo("photos/broken", "0.95 30 30");
  fail_for_good("photos/large",
                "3,600 pixels are more than the limit of 100; raise it with --max-pixels");
  fail_for_good("photos/unlucky", "cannot be opened: Too many open files");
  fail_for_good("photos/broken", "the file is cut short");
  const LibraryUpdate update = this->update({"photos"});
  EXPECT_EQ(update.unreadable, 1);
  EXPECT_EQ(update.known_problems.at(0).first, path("photos/broken"));
  EXPECT_EQ(catalog_.counts().faces, 2);
  EXPECT_EQ(this->update({"photos"}).unchanged, 2);
}

}  // namespace
}  // namespace facenet

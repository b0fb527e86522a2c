// Files that somebody is writing.
#include <filesystem>

#include <gmock/gmock.h>

#include "test/pipeline/text_photos.h"

namespace facenet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

class SettleTest : public TextPhotosTest {
 protected:
  SettleTest() { settle_ = 1h; }
  void set_age(const std::string& name, std::chrono::seconds age) const {
    std::filesystem::last_write_time(path(name),
                                     std::filesystem::file_time_type::clock::now() - age);
  }
};

TEST_F(SettleTest, AFileWaitsUntilItHasSettled) {
  write_photo("photos/old", "0.95 10 10");
  write_photo("photos/fresh", "0.95 20 20");
  set_age("photos/old", 2h);
  LibraryUpdate update = this->update({"photos"});
  EXPECT_EQ(update.waiting, 1);
  EXPECT_EQ(update.scanned, 1);
  EXPECT_THAT(paths(), ElementsAre(Pair("photos/old", false)));
  set_age("photos/fresh", 2h);
  update = this->update({"photos"});
  EXPECT_EQ(update.waiting, 0);
  EXPECT_EQ(update.fresh, 1);
}

TEST_F(SettleTest, AKnownFileThatIsWrittenAnewIsNotMissing) {
  write_photo("photos/a", "0.95 10 10");
  set_age("photos/a", 2h);
  update({"photos"});
  write_photo("photos/a", "0.95 30 30");
  const LibraryUpdate update = this->update({"photos"});
  EXPECT_EQ(update.waiting, 1);
  EXPECT_EQ(update.missing, 0);
  EXPECT_THAT(paths(), ElementsAre(Pair("photos/a", false)));
  EXPECT_EQ(catalog_.faces().front().x, 10) << "still as it was";
}

TEST_F(SettleTest, ATimeToComeIsNoReasonToWait) {
  write_photo("photos/a", "0.95 10 10");
  set_age("photos/a", -24h);
  EXPECT_EQ(update({"photos"}).fresh, 1);
}

}  // namespace
}  // namespace facenet

#include "exchange/sidecar.h"

#include <filesystem>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

TEST(Sidecar, IsCalledAsProgramsCallIt) {
  EXPECT_EQ(sidecar_path("/a/b.JPG", SidecarStyle::kAppended), "/a/b.JPG.xmp");
  EXPECT_EQ(sidecar_path("/a/b.JPG", SidecarStyle::kReplaced), "/a/b.xmp");
  EXPECT_EQ(sidecar_path("/a.b/photo", SidecarStyle::kReplaced), "/a.b/photo.xmp");
  EXPECT_EQ(sidecar_path("/a/.hidden", SidecarStyle::kReplaced), "/a/.hidden.xmp");
  EXPECT_EQ(sidecar_path("/a/b.c.jpg", SidecarStyle::kReplaced), "/a/b.c.xmp");
}

class SidecarTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(SidecarTest, BothStylesAreFound) {
  const std::string photo = folder_.write("a.jpg", "photo");
  EXPECT_THAT(sidecars_of(photo), IsEmpty());
  folder_.write("a.xmp", "one");
  folder_.write("a.jpg.xmp", "two");
  folder_.write("a.jpg.xmp.bak", "three");
  EXPECT_THAT(sidecars_of(photo), ElementsAre(folder_.path("a.jpg.xmp"), folder_.path("a.xmp")));
  const std::string bare = folder_.write("bare", "photo");
  folder_.write("bare.xmp", "one");
  EXPECT_THAT(sidecars_of(bare), ElementsAre(folder_.path("bare.xmp"))) << "once";
}

TEST_F(SidecarTest, OnlyFilesAreRead) {
  EXPECT_EQ(read_sidecar(folder_.path("none.xmp")), std::nullopt);
  EXPECT_EQ(read_sidecar(folder_.write("empty.xmp", "")), "");
  std::filesystem::create_symlink(folder_.path("empty.xmp"), folder_.path("link.xmp"));
  EXPECT_THAT([&] { read_sidecar(folder_.path("link.xmp")); },
              ThrowsMessage<Error>(HasSubstr("is a link")));
  std::filesystem::create_directory(folder_.path("folder.xmp"));
  EXPECT_THROW(read_sidecar(folder_.path("folder.xmp")), Error);
  ::mkfifo(folder_.path("pipe.xmp").c_str(), 0600);
  EXPECT_THROW(read_sidecar(folder_.path("pipe.xmp")), Error) << "and does not wait";
  folder_.write("large.xmp", "");
  std::filesystem::resize_file(folder_.path("large.xmp"), (1 << 24) + 1);
  EXPECT_THAT([&] { read_sidecar(folder_.path("large.xmp")); },
              ThrowsMessage<Error>(HasSubstr("16 MiB")));
}

TEST_F(SidecarTest, IsWrittenOnlyOverWhatItWasMadeOf) {
  const std::string path = folder_.path("a.xmp");
  write_sidecar(path, std::nullopt, "one");
  EXPECT_EQ(folder_.read("a.xmp"), "one");
  ::chmod(path.c_str(), 0640);
  write_sidecar(path, "one", "two");
  EXPECT_EQ(folder_.read("a.xmp"), "two");
  struct stat status {};
  ::stat(path.c_str(), &status);
  EXPECT_EQ(status.st_mode & 07777, 0640U) << "who may read it stays as it was";
  for (const std::optional<std::string>& before :
       {std::optional<std::string>("one"), std::optional<std::string>()})
    EXPECT_THAT([&] { write_sidecar(path, before, "three"); },
                ThrowsMessage<Error>(HasSubstr("another program has changed it")));
  EXPECT_EQ(folder_.read("a.xmp"), "two");
}

}  // namespace
}  // namespace facenet

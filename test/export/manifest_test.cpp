#include "export/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {
namespace {

Manifest example() {
  return {.folders = {"Anna", "b\xff\n\t"},
          .files = {{.kind = FileKind::kLink,
                     .folder = "Anna",
                     .name = "a\n.jpg",
                     .photo = std::string(64, 'a'),
                     .target = "../../x"},
                    {.kind = FileKind::kHardLink,
                     .folder = "Anna",
                     .name = "b.jpg",
                     .inode = ~std::uint64_t{0}},
                    {.kind = FileKind::kCopy,
                     .folder = "b\xff\n\t",
                     .name = "c.jpg",
                     .size = 1LL << 40,
                     .mtime_ns = -5}}};
}

TEST(Manifest, ComesBackAsItWas) {
  const Manifest manifest = example();
  const Manifest read = read_manifest(manifest_bytes(manifest), "m");
  EXPECT_EQ(read.folders, manifest.folders);
  EXPECT_EQ(read.files, manifest.files);
  EXPECT_TRUE(read_manifest(manifest_bytes({}), "m").files.empty());
}

TEST(Manifest, ThatIsCutOrChangedIsRefused) {
  const std::string bytes = manifest_bytes(example());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THROW(read_manifest(bytes.substr(0, size), "m"), Error) << size;
  EXPECT_THROW(read_manifest(bytes + "x", "m"), Error);
  EXPECT_THROW(read_manifest("some other file", "m"), Error);
}

TEST(Manifest, NamesNothingOutsideOfItsFolder) {
  for (const char* name : {"..", ".", "", "/etc", "a/b", "../x"}) {
    Manifest manifest = example();
    manifest.files[0].folder = name;
    EXPECT_THROW(read_manifest(manifest_bytes(manifest), "m"), Error) << name;
    manifest = example();
    manifest.files[0].name = name;
    EXPECT_THROW(read_manifest(manifest_bytes(manifest), "m"), Error) << name;
    manifest = example();
    manifest.folders.insert(name);
    EXPECT_THROW(read_manifest(manifest_bytes(manifest), "m"), Error) << name;
  }
}

}  // namespace
}  // namespace facenet

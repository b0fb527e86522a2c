#include "base/hash.h"

#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// FIPS 180-2, appendix B.
TEST(Sha256, PublishedVectors) {
  EXPECT_EQ(sha256(bytes_of("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(bytes_of(std::string(1'000'000, 'a'))).hex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, FileLargerThanOneReadEqualsMemory) {
  const std::string content(700'001, 'q');
  const TemporaryFolder folder;
  const std::string path = folder.path("file");
  write_file_atomically(path, true, [&](std::ostream& out) { out << content; });
  EXPECT_EQ(sha256_of_file(path), sha256(bytes_of(content)));
  std::remove(path.c_str());
  EXPECT_THROW(sha256_of_file(path), Error);
}

TEST(Sha256, HexRoundTripAndRefusal) {
  const Sha256 digest = sha256(bytes_of("abc"));
  EXPECT_EQ(Sha256::from_hex(digest.hex()), digest);
  EXPECT_THROW(Sha256::from_hex("abc"), Error);
  EXPECT_THROW(Sha256::from_hex(std::string(64, 'g')), Error);
}

}  // namespace
}  // namespace facenet

#include "weights/safetensors.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class Safetensors : public testing::Test {
 protected:
  /// A file by hand: any header over any payload.
  void write_raw(const std::string& header, const std::string& payload) {
    write_bytes(length_bytes(header.size()) + header + payload);
  }
  void write_bytes(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  static std::string length_bytes(std::uint64_t length) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(length >> (8 * i) & 0xFF));
    return bytes;
  }
  std::string read_bytes() {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// Opening the file fails with a message that names it and says `what`.
  void expect_error(const std::string& what) {
    EXPECT_THAT([&] { SafetensorsFile file(path_); },
                ThrowsMessage<Error>(AllOf(HasSubstr(path_), HasSubstr(what))));
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.path("file.safetensors");
};

TensorView view_of(const std::vector<float>& values, std::vector<std::int64_t> shape) {
  return {TensorType::kFloat32, std::move(shape), std::as_bytes(std::span(values))};
}

constexpr const char* kTwoFloats = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

TEST_F(Safetensors, WritesThePublishedFormat) {
  const std::vector<float> values = {1.0F, -2.0F, 0.5F};
  const std::vector<std::uint16_t> halves = {0x3C00};
  write_safetensors(path_,
                    {{"a.half", {TensorType::kFloat16, {1}, std::as_bytes(std::span(halves))}},
                     {"z", view_of(values, {3, 1})}},
                    {{"key", "value"}}, false);
  const std::string bytes = read_bytes();

  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i)
    length = length << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  ASSERT_EQ(bytes.size(), 8 + length + 14);
  EXPECT_EQ(length % 8, 0U);  // so that the tensors are aligned
  const auto header = nlohmann::json::parse(bytes.substr(8, length));
  // Wider elements come first; the payload is 1.0, -2.0, 0.5 and the half 1.0, little-endian.
  const std::string payload("\0\0\x80\x3F\0\0\0\xC0\0\0\0\x3F\0\x3C", 14);
  EXPECT_EQ(bytes.substr(8 + length), payload);
  EXPECT_EQ(header["z"],
            nlohmann::json::parse(R"({"dtype":"F32","shape":[3,1],"data_offsets":[0,12]})"));
  EXPECT_EQ(header["a.half"],
            nlohmann::json::parse(R"({"dtype":"F16","shape":[1],"data_offsets":[12,14]})"));
  EXPECT_EQ(header["__metadata__"]["key"], "value");
  EXPECT_EQ(header["__metadata__"]["sha256"], sha256(std::as_bytes(std::span(payload))).hex());
}

TEST_F(Safetensors, ReadsWhatItWrote) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const std::vector<std::int64_t> whole = {-7};
  const std::vector<float> none;
  write_safetensors(path_,
                    {{"w", view_of(values, {2, 3})},
                     {"n", {TensorType::kInt64, {}, std::as_bytes(std::span(whole))}},
                     {"none", view_of(none, {0, 4})}},
                    {{"note", "\"quoted\" \n ü"}}, false);
  const SafetensorsFile file(path_);
  EXPECT_EQ(file.tensors().size(), 3U);
  const TensorView& w = file.tensor("w");
  EXPECT_EQ(w.shape, (std::vector<std::int64_t>{2, 3}));
  ASSERT_EQ(w.data.size(), 24U);
  EXPECT_TRUE(std::ranges::equal(w.data, std::as_bytes(std::span(values))));
  EXPECT_EQ(file.tensor("n").elements(), 1);
  EXPECT_EQ(std::memcmp(file.tensor("n").data.data(), whole.data(), 8), 0);
  EXPECT_EQ(file.tensor("none").elements(), 0);
  EXPECT_EQ(file.metadata().at("note"), "\"quoted\" \n ü");
  EXPECT_EQ(file.payload_sha256(), file.metadata().at("sha256"));
  EXPECT_THAT([&] { file.tensor("absent"); },
              ThrowsMessage<Error>(AllOf(HasSubstr(path_), HasSubstr("absent"))));
}

TEST_F(Safetensors, TheSameInputGivesTheSameBytes) {
  const std::vector<float> values = {1, 2};
  write_safetensors(path_, {{"a", view_of(values, {2})}}, {{"k", "v"}}, false);
  const std::string first = read_bytes();
  write_safetensors(path_, {{"a", view_of(values, {2})}}, {{"k", "v"}}, true);
  EXPECT_EQ(read_bytes(), first);
}

TEST_F(Safetensors, ReplacesOnlyWhenAllowed) {
  const std::vector<float> values = {1};
  write_bytes("precious");
  EXPECT_THROW(write_safetensors(path_, {{"a", view_of(values, {1})}}, {}, false), Error);
  EXPECT_EQ(read_bytes(), "precious");
}

TEST_F(Safetensors, RefusesToWriteATensorOfTheWrongLength) {
  const std::vector<float> values = {1, 2, 3};
  EXPECT_THROW(write_safetensors(path_, {{"a", view_of(values, {2})}}, {}, false), Error);
  EXPECT_THROW(write_safetensors(path_, {{"__metadata__", view_of(values, {3})}}, {}, false),
               Error);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Safetensors, ReadsForeignFilesWithoutAHash) {
  const std::string payload(8, 'x');
  write_raw(std::string(kTwoFloats) + "   ", payload);
  const SafetensorsFile file(path_);
  EXPECT_EQ(file.tensor("a").data.size(), 8U);
  EXPECT_EQ(file.payload_sha256(), sha256(std::as_bytes(std::span(payload))).hex());
}

TEST_F(Safetensors, RefusesDamagedFraming) {
  write_bytes("short");
  expect_error("cut short");
  write_bytes("");
  expect_error("cut short");
  write_bytes(length_bytes(1'000) + "{}");
  expect_error("cut short");
  write_bytes(length_bytes(~std::uint64_t{0}) + "{}");
  expect_error("not in the safetensors format");
  write_raw("{" + std::string(5 << 20, ' ') + "}", "");
  expect_error("its header of 5242882 bytes is longer than 4194304");
  write_raw(R"([1, 2])", "");
  expect_error("not a JSON object");
  write_raw(R"({"a": )", "");
  expect_error("not valid JSON");
  write_raw(std::string(100'000, '['), "");
  expect_error("not valid JSON");
}

TEST_F(Safetensors, RefusesDamagedHeaders) {
  struct Case {
    const char* header;
    const char* what;
  };
  const Case cases[] = {
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}})", "outside the file"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", "outside the file"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", "another length"},
      {R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "larger than the file"},
      {R"({"a":{"dtype":"F32","shape":[2147483647,2147483647,4],"data_offsets":[0,8]}})",
       "larger than the file"},
      {R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "small whole numbers"},
      {R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", "small whole numbers"},
      {R"({"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}})", "no shape"},
      {R"({"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}})", "unsupported dtype BF16"},
      {R"({"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}})", "no dtype"},
      {R"({"a":{"dtype":"F32","shape":[2]}})", "no data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,-8]}})", "no data_offsets"},
      {R"({"a":[]})", "not described by an object"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       "overlaps"},
      {R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "hole"},
      {R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "bytes after its last tensor"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
       "\"a\" twice"},
      {R"({"a":{"dtype":"F32","dtype":"F16","shape":[4],"data_offsets":[0,8]}})",
       "\"dtype\" twice"},
      {R"({"__metadata__":{"k":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
       "\"k\" is not a string"},
      {R"({"__metadata__":"k","a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
       "metadata is not an object"},
  };
  for (const Case& damaged : cases) {
    SCOPED_TRACE(damaged.header);
    write_raw(damaged.header, std::string(8, '\0'));
    expect_error(damaged.what);
  }
}

TEST_F(Safetensors, NoticesEveryCutAndEveryChangedPayloadByte) {
  const std::vector<float> values = {1, 2, 3};
  write_safetensors(path_, {{"a", view_of(values, {3})}}, {}, false);
  const std::string whole = read_bytes();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    SCOPED_TRACE(length);
    write_bytes(whole.substr(0, length));
    expect_error("cannot be used as a weights file");
  }
  for (std::size_t at = whole.size() - 12; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    write_bytes(changed);
    expect_error("SHA-256");
  }
}

TEST_F(Safetensors, NamesAMissingFile) {
  expect_error("cannot open");
}

}  // namespace
}  // namespace facenet

// Files of TensorFlow Lite that cannot be read, or that ask for too much.
#include <filesystem>
#include <random>

#include "nn/import/tflite.h"
#include "nn/import/tflite_file.h"
#include "tflite_fixture.h"

namespace facenet {
namespace {

using reference::random_values;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class HostileTflite : public ImportTflite {};

TEST_F(HostileTflite, NamesWhatHasNoTranslation) {
  const int out = file_.tensor("strange value", {1, 7, 6, 3});
  const TfliteWriter keep = file_;
  file_.op(57, {in_}, {out});
  expect_error(out, "the operator operator 57 at \"strange value\"");
  file_ = keep;
  file_.op(97, {in_}, {out});
  expect_error(out, "RESIZE_NEAREST_NEIGHBOR");
  file_ = keep;
  file_.op(kAdd, {in_, in_}, {out}, {Field::small(5)});
  expect_error(out, "fused activation 5");
  file_ = keep;
  file_.op(kConv, {in_, in_}, {out}, conv_options(kSame, 1));
  expect_error(out, "float32 constant, which \"in\" is not");
  file_ = keep;
  file_.op(kConv, {in_, file_.tensor("w", {3, 1, 1, 3}, random_values(9, 1))}, {out},
           conv_options(kSame, 0));
  expect_error(out, "a window of no usable size");
  file_ = keep;
  file_.op(kReshape, {in_}, {file_.tensor("mixed", {126})});
  expect_error(out + 1, "mixes the images of a batch");
}

TEST_F(HostileTflite, OptionsLeftOutHaveTheirDefaults) {
  const int out = file_.tensor("out", {1, 7, 6, 3});
  const TfliteWriter keep = file_;
  file_.op_with(0, kAdd, {in_, in_}, {out}, {});
  EXPECT_THAT(operators_of(import(out)), ElementsAre("Add"));
  file_ = keep;
  file_.op_with(0, kMaxPool, {in_}, {out}, {});
  expect_error(out, "a window of no usable size");  // the schema's default is 0
}

TEST_F(HostileTflite, OptionsOfAnotherKindAreErrors) {
  const int out = file_.tensor("out", {1, 7, 6, 3});
  constexpr std::int8_t kOptionsOfMul = 21;
  file_.op_with(kOptionsOfMul, kAdd, {in_, in_}, {out}, {Field::small(kRelu)});
  expect_error(out, "the operator ADD with options of another operator");
}

TEST_F(HostileTflite, ValuesMadeTwiceAreErrors) {
  const int out = file_.tensor("out", {1, 7, 6, 3});
  file_.op(kAbs, {in_}, {out});
  file_.op(kReluOp, {in_}, {out});
  expect_error(out, "the value \"out\" is made twice");
}

TEST_F(HostileTflite, WeightsBehindTheFlatbufferAreErrors) {
  const int out = file_.tensor("out", {1, 7, 6, 3});
  file_.op(kMul, {in_, file_.outside("far", {3}, 64)}, {out});
  expect_error(out, "do not fit the 2 GB of a flatbuffer");
}

TEST_F(HostileTflite, FilesOfTwoGigabytesAreErrors) {
  file_.outputs = {in_};
  write(file_.bytes());
  std::filesystem::resize_file(path_, std::uintmax_t{1} << 31);  // takes no room
  EXPECT_THAT([&] { import_tflite(MappedFile(path_)); },
              ThrowsMessage<Error>(HasSubstr("do not fit the 2 GB of a flatbuffer")));
}

TEST_F(HostileTflite, LongNamesAreNotRepeatedInFull) {
  const std::string name(100'000, 'n');
  const int k = file_.tensor(name, {3}, {1, 2, 3});
  int last = in_;
  for (int i = 0; i < 50; ++i) {
    const int next = file_.tensor(i % 2 == 0 ? name : "value", {1, 7, 6, 3});
    file_.op(kMul, {last, k}, {next});
    last = next;
  }
  const ImportedGraph graph = import(last);
  std::size_t names = 0;
  for (const auto& [tensor, view] : graph.tensors) names += tensor.size();
  for (const GraphNode& node : graph.graph.nodes) names += node.name.size();
  EXPECT_EQ(graph.graph.nodes.size(), 50);
  EXPECT_EQ(graph.tensors.size(), 50);
  EXPECT_LT(names, 100 * 300);
}

TEST_F(HostileTflite, WorkGrowsWithTheFile) {
  const TfliteWriter keep = file_;
  const int k = file_.tensor("k", {1, 40, 50, 5}, std::vector<float>(10'000));
  int last = in_;
  for (int i = 0; i < 100; ++i) {
    const int next = file_.tensor("value", {1, 40, 50, 5});
    file_.op(kMul, {last, k}, {next});
    last = next;
  }
  expect_error(last, "the same constants again and again, \"k\" for one");

  file_ = keep;
  const int out = file_.tensor("out", {1, 7, 6, 3});
  file_.one_for_all = true;
  for (int i = 0; i < 1000; ++i) {
    file_.op(kConcatenation, std::vector<std::int32_t>(1000, in_), {out});
  }
  expect_error(out, "it names the same bytes again and again");
}

/// A name that stands in the file once makes a graph with a thousand of it.
TEST_F(HostileTflite, NamesGrowWithTheFile) {
  const std::string name(250, 'n');
  const int value = file_.tensor(name, {1, 7, 6, 3});
  file_.op(kMul, {in_, in_}, {value});
  const int out = file_.tensor("out", {1, 7, 6, 30'000});
  for (int i = 0; i < 12; ++i) {
    file_.op(kConcatenation, std::vector<std::int32_t>(10'000, value),
             {file_.tensor(fmt::format("v{}", i), {1, 7, 6, 30'000})});
  }
  expect_error(out, "the same values again and again, \"nnn");
}

/// A file with most kinds of structures in it.
std::string sample_file() {
  TfliteWriter file;
  const int in = file.tensor("in", {1, 4, 4, 2});
  const int mid = file.tensor("mid", {1, 2, 2, 2});
  const int out = file.tensor("out", {1, 3});
  file.inputs = {in};
  file.outputs = {out};
  file.op(kConv,
          {in, file.tensor("w", {2, 3, 3, 2}, random_values(36, 1)), file.tensor("b", {2}, {1, 2})},
          {mid}, conv_options(kSame, 2, kRelu6));
  file.op(kDense, {mid, file.tensor("d", {3, 8}, random_values(24, 2))}, {out},
          {Field::small(kRelu)});
  return file.bytes();
}

TEST_F(HostileTflite, CutFilesAreErrors) {
  const std::string whole = sample_file();
  write(whole);
  import_tflite(MappedFile(path_));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    // In memory of its own, so that a sanitizer sees reads beyond the end.
    const std::vector<std::byte> cut(reinterpret_cast<const std::byte*>(whole.data()),
                                     reinterpret_cast<const std::byte*>(whole.data()) + length);
    EXPECT_THAT([&] { read_tflite(cut, path_); }, ThrowsMessage<Error>(HasSubstr(path_))) << length;
  }
  write(whole.substr(0, whole.size() / 2));
  EXPECT_THROW(import_tflite(MappedFile(path_)), Error);
}

TEST_F(HostileTflite, AlteredFilesAreErrorsOrGraphs) {
  const std::string whole = sample_file();
  std::mt19937 engine(1);
  int refused = 0;
  constexpr int kRounds = 800;
  for (int round = 0; round < kRounds; ++round) {
    std::string altered = whole;
    for (int flips = 0; flips < 1 + round % 3; ++flips) {
      altered[engine() % altered.size()] = static_cast<char>(engine());
    }
    write(altered);
    try {
      import_tflite(MappedFile(path_));
    } catch (const Error& error) {
      ++refused;
      EXPECT_THAT(error.what(), HasSubstr(path_));
    }
  }
  EXPECT_GT(refused, kRounds / 4);
}

}  // namespace
}  // namespace facenet

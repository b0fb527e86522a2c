// Files of other programs, whose readers may fail in any way.
#include "nn/import/foreign_weights.h"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/graph/graph_builder.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

class ForeignWeightsTest : public testing::Test {
 protected:
  void expect_error(const ForeignWeights::Reader& reader, const char* what) const {
    EXPECT_THAT([&] { ForeignWeights(path_, reader); },
                ThrowsMessage<Error>(AllOf(StartsWith(path_ + ": "), HasSubstr(what))));
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.write("new.onnx", "as it was");
};

/// One node that gives what it is given.
ImportedGraph small_network() {
  ImportedGraph network;
  network.graph = {.inputs = {"in"},
                   .outputs = {"out"},
                   .nodes = {{.op = "Relu", .name = "r", .inputs = {"in"}, .outputs = {"out"}}},
                   .input_shape = {1, 3, 4, 4}};
  const std::vector<float> numbers = {1, 2.5, -3};
  put_tensor(network, "w", {3}, numbers);
  network.metadata["more"] = "of it";
  return network;
}

TEST_F(ForeignWeightsTest, WhatItsReaderMadeOfItArrives) {
  const ForeignWeights weights(path_, [](const MappedFile& file) {
    if (file.bytes().size() != 9) fail("the file is in memory already");
    return small_network();
  });
  EXPECT_EQ(to_json(weights.network().graph), to_json(small_network().graph));
  EXPECT_EQ(weights.network().metadata, small_network().metadata);
  const TensorView& tensor = weights.network().tensors.at("w");
  EXPECT_EQ(tensor.shape, std::vector<std::int64_t>{3});
  EXPECT_EQ(reinterpret_cast<const float*>(tensor.data.data())[1], 2.5F);
}

TEST_F(ForeignWeightsTest, AReaderThatCrashesIsOneLine) {
  expect_error([](const MappedFile&) -> ImportedGraph { std::abort(); },
               "its reader crashed (signal 6, Aborted)");
  expect_error(
      [](const MappedFile&) -> ImportedGraph {
        std::signal(SIGSEGV, SIG_DFL);  // sanitizers have a handler of their own
        std::raise(SIGSEGV);
        return {};
      },
      "its reader crashed (signal 11, Segmentation fault)");
}

TEST_F(ForeignWeightsTest, AReaderIsNotBelieved) {
  expect_error(
      [](const MappedFile&) {
        ImportedGraph network = small_network();
        network.graph.nodes[0].op = "Exec";
        return network;
      },
      "Exec");
  expect_error(
      [](const MappedFile&) {
        ImportedGraph network = small_network();
        network.graph.nodes[0].inputs = {"late"};
        network.graph.nodes.push_back(
            {.op = "Relu", .name = "s", .inputs = {"in"}, .outputs = {"late"}});
        return network;
      },
      "late");
}

TEST_F(ForeignWeightsTest, FilesAreToldByTheirNames) {
  EXPECT_THAT([&] { ForeignWeights(folder_.write("x.pt", "")); },
              ThrowsMessage<Error>(HasSubstr("not an .onnx or .tflite file")));
  for (const char* name : {"x.onnx", "x.tflite", "x.dat"})
    EXPECT_THROW(ForeignWeights(folder_.write(name, "damaged")), Error);
}

}  // namespace
}  // namespace facenet

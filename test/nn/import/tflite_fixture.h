// Files of TensorFlow Lite, written by TfliteWriter, and what becomes of them.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/graph/graph.h"
#include "nn/import/tflite.h"
#include "nn/runtime/graph_network.h"
#include "reference.h"
#include "test/support/temporary_folder.h"
#include "tflite_writer.h"

namespace facenet {

using Field = TfliteWriter::Field;

inline constexpr std::int8_t kSame = 0;
inline constexpr std::int8_t kValid = 1;
inline constexpr std::int8_t kRelu = 1;
inline constexpr std::int8_t kRelu6 = 3;

// Numbers of operators in the TensorFlow Lite schema.
inline constexpr int kAdd = 0, kAveragePool = 1, kConcatenation = 2, kConv = 3, kDepthwise = 4,
                     kDense = 9, kMaxPool = 17, kMul = 18, kReluOp = 19, kReshape = 22,
                     kSoftmax = 25, kPad = 34, kTranspose = 39, kMean = 40, kSub = 41,
                     kSqueeze = 43, kPrelu = 54, kAbs = 101;

inline std::vector<Field> conv_options(std::int8_t padding, int stride, std::int8_t activation = 0,
                                       int dilation = 1) {
  return {Field::small(padding),    Field::integer(stride),   Field::integer(stride),
          Field::small(activation), Field::integer(dilation), Field::integer(dilation)};
}

class ImportTflite : public testing::Test {
 protected:
  void SetUp() override {
    in_ = file_.tensor("in", {1, 7, 6, 3});
    file_.inputs = {in_};
  }

  void write(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  ImportedGraph import(int output) {
    file_.outputs = {output};
    write(file_.bytes());
    return import_tflite(MappedFile(path_));
  }

  at::Tensor run(int output, const reference::Images& images) {
    return GraphNetwork(import(output)).run(reference::to_tensor(images)).at(0);
  }

  void expect_error(int output, const std::string& what) {
    EXPECT_THAT([&] { import(output); }, testing::ThrowsMessage<Error>(testing::AllOf(
                                             testing::HasSubstr(path_), testing::HasSubstr(what))));
  }

  static std::vector<std::string> operators_of(const ImportedGraph& graph) {
    std::vector<std::string> operators;
    for (const GraphNode& node : graph.graph.nodes) operators.push_back(node.op);
    return operators;
  }

  TfliteWriter file_;
  int in_ = 0;
  const TemporaryFolder folder_;
  const std::string path_ = folder_.path("network.tflite");
  const reference::Images images_ = reference::random_images(2, 3, 7, 6, 1);
};

}  // namespace facenet

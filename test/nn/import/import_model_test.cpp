#include "nn/import/import_model.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "base/error.h"
#include "nn/design/design_network.h"
#include "nn/runtime/embedder.h"
#include "nn/runtime/graph_network.h"
#include "reference.h"
#include "test/support/temporary_folder.h"
#include "weights/model_store.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class ImportModel : public testing::Test {
 protected:
  /// An embedder of 4 x 4 images in ONNX: one dense layer.
  std::string write_onnx(int outputs = 2) const {
    onnx::ModelProto model;
    model.add_opset_import()->set_version(13);
    auto& graph = *model.mutable_graph();
    auto& input = *graph.add_input();
    input.set_name("in");
    auto& type = *input.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t extent : {1, 3, 4, 4}) {
      type.mutable_shape()->add_dim()->set_dim_value(extent);
    }
    const auto weight = reference::random_values(static_cast<std::size_t>(outputs * 48), 1);
    auto& tensor = *graph.add_initializer();
    tensor.set_name("w");
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_dims(48);
    tensor.add_dims(outputs);
    tensor.set_raw_data(weight.data(), weight.size() * sizeof(float));
    const auto node = [&](const char* op, const std::vector<std::string>& in, const char* out) {
      auto& result = *graph.add_node();
      result.set_op_type(op);
      for (const auto& name : in) result.add_input(name);
      result.add_output(out);
    };
    node("Flatten", {"in"}, "flat");
    node("Gemm", {"flat", "w"}, "out");
    graph.add_output()->set_name("out");
    const std::string path = folder_.path("new.onnx");
    std::ofstream file(path, std::ios::binary);
    model.SerializeToOstream(&file);
    return path;
  }

  const TemporaryFolder folder_;
  const std::string out_ = folder_.path("out.safetensors");
};

TEST_F(ImportModel, ANewNameMakesANewEmbedder) {
  ImportOptions options{.name = "mine", .output = out_};
  options.normalisation = Normalisation{.bgr = true, .mean = {1, 2, 3}, .divisor = {4, 5, 6}};
  options.alignment = "dlib-150";
  EXPECT_EQ(import_model({write_onnx()}, options), out_);
  const Embedder embedder({.model = out_});
  EXPECT_EQ(embedder.model().name, "mine");
  EXPECT_EQ(embedder.dimension(), 2);
  EXPECT_EQ(embedder.model().width, 4);
  EXPECT_TRUE(embedder.model().normalisation.bgr);
  EXPECT_EQ(embedder.model().normalisation.divisor[2], 6);
  EXPECT_EQ(embedder.model().alignment, "dlib-150");
  EXPECT_EQ(embedder.model().provenance.at("file"), "new.onnx");
  EXPECT_THROW(import_model({write_onnx()}, options), Error);  // there is a file already
  EXPECT_THAT([&] { import_model({write_onnx()}, ImportOptions{.output = out_}); },
              ThrowsMessage<Error>(HasSubstr("--name")));
}

TEST_F(ImportModel, HalfOfTheBitsAreEnough) {
  import_model({write_onnx()}, {.name = "mine", .output = out_});
  const std::string half = folder_.path("half.safetensors");
  import_model({write_onnx()}, {.name = "mine", .output = half, .half = true});
  const SafetensorsFile whole_file(out_);
  const SafetensorsFile half_file(half);
  EXPECT_EQ(half_file.tensor("w").type, TensorType::kFloat16);
  EXPECT_EQ(half_file.tensor("w").data.size() * 2, whole_file.tensor("w").data.size());
  const auto in = reference::to_tensor(reference::random_images(1, 3, 4, 4, 2));
  const auto expected = GraphNetwork(whole_file).run(in).at(0);
  EXPECT_LT(
      reference::difference(GraphNetwork(half_file).run(in).at(0), reference::to_vector(expected)),
      5e-3);
}

TEST_F(ImportModel, WhatFacenetHasWrittenKeepsWhatItSaysOfItself) {
  ImportOptions options{.name = "mine", .output = out_};
  options.alignment = "dlib-150";
  import_model({write_onnx()}, options);
  const std::string half = folder_.path("half.safetensors");
  import_model({out_}, {.output = half, .half = true});
  EXPECT_EQ(SafetensorsFile(half).tensor("w").type, TensorType::kFloat16);
  ModelInfo expected = read_model_info(SafetensorsFile(out_));
  EXPECT_EQ(to_json(read_model_info(SafetensorsFile(half))), to_json(expected));
  const std::string renamed = folder_.path("renamed.safetensors");
  import_model({out_}, {.name = "yours", .output = renamed});
  expected.name = "yours";
  EXPECT_EQ(to_json(read_model_info(SafetensorsFile(renamed))), to_json(expected));

  options = {.output = renamed, .overwrite = true};
  options.alignment = "arcface-112";
  EXPECT_THAT([&] { import_model({out_}, options); },
              ThrowsMessage<UsageError>(HasSubstr("mine already says what it takes")));
  options.alignment.reset();
  options.normalisation = kUsualNormalisation;
  EXPECT_THAT([&] { import_model({out_}, options); },
              ThrowsMessage<UsageError>(HasSubstr("mine already says what it takes")));
}

class ImportWeights : public ImportModel {
 protected:
  void SetUp() override {
    design_ = design_network(find_known_model("inception-resnet-v1")->info, {});
    network_ = initialise(design_, 1);
  }

  /// The state dictionary as facenet-pytorch has it, with its classifier and counters.
  std::map<std::string, TensorView> dictionary() const {
    auto tensors = network_.tensors;
    tensors["logits.weight"] = network_.tensors.at("last_bn.bias");
    tensors["last_bn.num_batches_tracked"] = {
        TensorType::kInt64, {1}, std::as_bytes(std::span(count_))};
    return tensors;
  }

  std::string write(const std::map<std::string, TensorView>& tensors) const {
    const std::string path = folder_.path("foreign.safetensors");
    write_safetensors(path, tensors, {}, true);
    return path;
  }

  void expect_error(const std::map<std::string, TensorView>& tensors, const char* what) const {
    const std::string path = write(tensors);
    EXPECT_THAT([&] { import_model({path}, {.network = "inception-resnet-v1", .output = out_}); },
                ThrowsMessage<Error>(AllOf(HasSubstr(path), HasSubstr(what))));
  }

  const std::vector<std::int64_t> count_ = {7};
  NetworkDesign design_;
  ImportedGraph network_;
};

TEST_F(ImportWeights, AStateDictionaryLoadsUnchanged) {
  import_model({write(dictionary())},
               {.name = "mine", .network = "inception-resnet-v1", .output = out_});
  const SafetensorsFile file(out_);
  EXPECT_EQ(file.tensors().size(), design_.parameters.size());
  const auto in = reference::to_tensor(reference::random_images(1, 3, 160, 160, 2));
  EXPECT_TRUE(at::equal(GraphNetwork(file).run(in).at(0), GraphNetwork(network_).run(in).at(0)));
  EXPECT_EQ(read_model_info(file).name, "mine");
  EXPECT_EQ(read_model_info(file).embedding, 512);
}

TEST_F(ImportWeights, NamesWhatDoesNotFit) {
  auto without = dictionary();
  without.erase("repeat_2.9.conv2d.bias");
  expect_error(without, "lacks tensors of inception-resnet-v1: repeat_2.9.conv2d.bias");
  auto with = dictionary();
  with["head.weight"] = with["last_bn.bias"];
  expect_error(with, "head.weight");
  auto reshaped = dictionary();
  reshaped["last_bn.bias"].shape = {2, 256};
  expect_error(reshaped, "\"last_bn.bias\" has shape 2x256");
  EXPECT_THROW(import_model({write(with)}, {.network = "no-such-network", .output = out_}),
               UsageError);
}

}  // namespace
}  // namespace facenet

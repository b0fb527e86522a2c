#include "nn/import/onnx.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "base/error.h"
#include "nn/graph/graph.h"
#include "nn/runtime/graph_network.h"
#include "reference.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using reference::difference;
using reference::Images;
using reference::kRounding;
using reference::random_images;
using reference::random_values;
using reference::to_tensor;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

void set(onnx::AttributeProto& attribute, std::int64_t value) {
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}
void set(onnx::AttributeProto& attribute, float value) {
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}
void set(onnx::AttributeProto& attribute, const char* value) {
  attribute.set_type(onnx::AttributeProto::STRING);
  attribute.set_s(value);
}
void set(onnx::AttributeProto& attribute, const std::vector<std::int64_t>& values) {
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}
template <class T>
void add_attribute(onnx::NodeProto& node, const char* name, const T& value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  set(attribute, value);
}

class ImportOnnx : public testing::Test {
 protected:
  void SetUp() override {
    auto& opset = *model_.add_opset_import();
    opset.set_version(9);
    input("in", {1, 3, 8, 8});
    model_.mutable_graph()->add_output()->set_name("out");
  }

  onnx::GraphProto& graph() { return *model_.mutable_graph(); }
  void set_opset(std::int64_t version) { model_.mutable_opset_import(0)->set_version(version); }

  void input(const std::string& name, const std::vector<std::int64_t>& shape) {
    onnx::ValueInfoProto& info = *graph().add_input();
    info.set_name(name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t extent : shape) {
      auto& dim = *type.mutable_shape()->add_dim();
      if (extent > 0) {
        dim.set_dim_value(extent);
      } else {
        dim.set_dim_param("any");
      }
    }
  }

  onnx::NodeProto& node(const char* op, const std::vector<std::string>& inputs,
                        const std::string& output) {
    onnx::NodeProto& result = *graph().add_node();
    result.set_op_type(op);
    for (const std::string& name : inputs) result.add_input(name);
    result.add_output(output);
    return result;
  }

  onnx::TensorProto& floats(const std::string& name, const std::vector<std::int64_t>& shape,
                            const std::vector<float>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t extent : shape) tensor.add_dims(extent);
    tensor.set_raw_data(values.data(), values.size() * sizeof(float));
    return tensor;
  }

  void integers(const std::string& name, const std::vector<std::int64_t>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int64_t value : values) tensor.add_int64_data(value);
  }

  ImportedGraph import() {
    std::ofstream file(path_, std::ios::binary);
    EXPECT_TRUE(model_.SerializeToOstream(&file));
    file.close();
    return import_onnx(MappedFile(path_));
  }

  at::Tensor run(const at::Tensor& images) { return GraphNetwork(import()).run(images).at(0); }

  void expect_error(const std::string& what) {
    EXPECT_THAT([&] { import(); }, ThrowsMessage<Error>(AllOf(HasSubstr(path_), HasSubstr(what))));
  }

  onnx::ModelProto model_;
  const TemporaryFolder folder_;
  const std::string path_ = folder_.path("network.onnx");
};

TEST_F(ImportOnnx, ANetworkMatchesPlainLoops) {
  const auto weight = random_values(4 * 27, 1);
  const auto bias = random_values(4, 2);
  const auto gamma = random_values(4, 3, 0.5F, 1);
  const auto beta = random_values(4, 4);
  const auto mean = random_values(4, 5);
  const auto variance = random_values(4, 6, 0.5F, 1);
  const std::vector<float> slope = {0.1F, 0.2F, 0.3F, -0.4F};
  floats("w", {4, 3, 3, 3}, weight);
  floats("b", {4}, bias);
  floats("gamma", {4}, gamma);
  floats("beta", {4}, beta);
  floats("mean", {4}, mean);
  floats("variance", {4}, variance);
  floats("slope", {4, 1, 1}, slope);
  auto& conv = node("Conv", {"in", "w", "b"}, "c");
  add_attribute(conv, "strides", std::vector<std::int64_t>{2, 2});
  add_attribute(conv, "pads", std::vector<std::int64_t>{0, 1, 1, 0});
  add_attribute(conv, "kernel_shape", std::vector<std::int64_t>{3, 3});
  add_attribute(node("BatchNormalization", {"c", "gamma", "beta", "mean", "variance"}, "n"),
                "epsilon", 1e-3F);
  node("PRelu", {"n", "slope"}, "out");

  const Images in = random_images(3, 3, 8, 8, 7);
  Images expected = reference::conv(
      in, weight, bias, 4, 1,
      {.kernel_y = 3, .kernel_x = 3, .stride_y = 2, .stride_x = 2, .left = 1, .bottom = 1});
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    const std::size_t c = i / static_cast<std::size_t>(expected.h * expected.w) % 4;
    float& v = expected.values[i];
    v = (v - mean[c]) / std::sqrt(variance[c] + 1e-3F) * gamma[c] + beta[c];
    if (v < 0) v *= slope[c];
  }
  EXPECT_LT(difference(run(to_tensor(in)), expected.values), kRounding);

  const ImportedGraph imported = import();
  ASSERT_EQ(imported.graph.nodes.size(), 2U);  // the normalisation went into the convolution
  EXPECT_EQ(imported.graph.nodes[0].op, "Conv");
  EXPECT_EQ(imported.graph.nodes[1].op, "PRelu");
  EXPECT_THAT(imported.graph.input_shape, ElementsAre(0, 3, 8, 8));
}

TEST_F(ImportOnnx, AReshapeForOneImageTakesBatches) {
  integers("shape", {1, 192});
  node("Reshape", {"in", "shape"}, "out");
  const Images in = random_images(3, 3, 8, 8, 1);
  const auto out = run(to_tensor(in));
  EXPECT_THAT(out.sizes().vec(), ElementsAre(3, 192));
  EXPECT_LT(difference(out, in.values), kRounding);
}

TEST_F(ImportOnnx, AReshapeWithAnOpenAxisKeepsIt) {
  integers("shape", {1, -1});
  node("Reshape", {"in", "shape"}, "out");
  EXPECT_THAT(run(to_tensor(random_images(3, 3, 8, 8, 1))).sizes().vec(), ElementsAre(3, 192));
}

TEST_F(ImportOnnx, AReshapeThatDoesNotBeginWithTheBatchIsLeftAlone) {
  integers("shape", {3, 64});
  node("Reshape", {"in", "shape"}, "out");
  EXPECT_EQ(import().graph.nodes[0].attributes["shape"], nlohmann::json({3, 64}));
}

TEST_F(ImportOnnx, AFileForAnyBatchKeepsItsTargets) {
  graph().clear_input();
  input("in", {0, 3, 8, 8});
  integers("shape", {1, -1});
  node("Reshape", {"in", "shape"}, "out");
  EXPECT_EQ(import().graph.nodes[0].attributes["shape"], nlohmann::json({1, -1}));
}

TEST_F(ImportOnnx, BoundsAndAxesMayBeInputs) {
  set_opset(13);
  floats("low", {}, {-0.25F});
  integers("axes", {2, 3});
  node("Clip", {"in", "low", ""}, "c");
  auto& sum = node("ReduceSum", {"c", "axes"}, "out");
  add_attribute(sum, "keepdims", std::int64_t{0});
  const Images in = random_images(2, 3, 8, 8, 2);
  std::vector<float> expected(6);
  for (std::size_t i = 0; i < in.values.size(); ++i)
    expected[i / 64] += std::max(in.values[i], -0.25F);
  EXPECT_LT(difference(run(to_tensor(in)), expected), kRounding);
  EXPECT_TRUE(import().tensors.empty());
}

TEST_F(ImportOnnx, ConstantNodesAreTensors) {
  auto& constant = node("Constant", {}, "k");
  auto& attribute = *constant.add_attribute();
  attribute.set_name("value");
  attribute.set_type(onnx::AttributeProto::TENSOR);
  attribute.mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
  attribute.mutable_t()->add_dims(3);
  attribute.mutable_t()->add_dims(1);
  attribute.mutable_t()->add_dims(1);
  for (const float value : {1.0F, 2.0F, 3.0F}) attribute.mutable_t()->add_float_data(value);
  node("Mul", {"in", "k"}, "out");
  Images expected = random_images(1, 3, 8, 8, 3);
  const auto out = run(to_tensor(expected));
  for (std::size_t i = 0; i < expected.values.size(); ++i)
    expected.values[i] *= static_cast<float>(i / 64 + 1);
  EXPECT_LT(difference(out, expected.values), kRounding);
}

TEST_F(ImportOnnx, SoftmaxFlattensBeforeOpset13) {
  node("Softmax", {"in"}, "out");
  const Images in = random_images(1, 3, 8, 8, 4);
  const auto expect_sums = [&](std::int64_t opset, double sum_of_all) {
    set_opset(opset);
    EXPECT_NEAR(run(to_tensor(in)).sum().item<double>(), sum_of_all, 1e-4);
  };
  expect_sums(12, 1);
  expect_sums(13, 24);  // one a row of the last axis
}

TEST_F(ImportOnnx, SamePaddingWithoutStrides) {
  const auto weight = random_values(3 * 3 * 4 * 3, 5);
  floats("w", {3, 3, 4, 3}, weight);
  auto& conv = node("Conv", {"in", "w"}, "out");
  add_attribute(conv, "kernel_shape", std::vector<std::int64_t>{4, 3});
  add_attribute(conv, "auto_pad", "SAME_LOWER");
  const Images in = random_images(1, 3, 8, 8, 6);
  const auto expected =
      reference::conv(in, weight, {}, 3, 1,
                      {.kernel_y = 4, .kernel_x = 3, .top = 2, .left = 1, .bottom = 1, .right = 1});
  EXPECT_LT(difference(run(to_tensor(in)), expected.values), kRounding);
}

TEST_F(ImportOnnx, ReadsEveryKindOfNumbers) {
  const Images in = random_images(1, 3, 8, 8, 9);
  const auto expect_factor = [&](onnx::TensorProto::DataType type, const auto& raw, double factor) {
    graph().clear_initializer();
    onnx::TensorProto& tensor = floats("k", {1}, {0});
    tensor.set_data_type(type);
    tensor.set_raw_data(raw.data(), sizeof raw[0]);
    Images expected = in;
    for (float& value : expected.values) value *= static_cast<float>(factor);
    EXPECT_LT(difference(run(to_tensor(in)), expected.values), kRounding) << factor;
  };
  node("Mul", {"in", "k"}, "out");
  using Half = std::vector<std::uint16_t>;
  expect_factor(onnx::TensorProto::FLOAT16, Half{0x3E00}, 1.5);
  expect_factor(onnx::TensorProto::FLOAT16, Half{0xC500}, -5);
  expect_factor(onnx::TensorProto::FLOAT16, Half{0x0001}, 0x1p-24);
  expect_factor(onnx::TensorProto::FLOAT16, Half{0x7BFF}, 65504);
  expect_factor(onnx::TensorProto::DOUBLE, std::vector<double>{2.5}, 2.5);
}

TEST_F(ImportOnnx, ComputedShapesAreKept) {
  node("Shape", {"in"}, "shape");
  integers("zero", {0});
  node("Gather", {"shape", "zero"}, "batch");
  integers("rest", {-1});
  auto& concat = node("Concat", {"batch", "rest"}, "target");
  add_attribute(concat, "axis", std::int64_t{0});
  node("Reshape", {"in", "target"}, "out");
  EXPECT_EQ(run(to_tensor(random_images(2, 3, 8, 8, 1))).sizes(),
            (std::vector<std::int64_t>{2, 192}));
}

TEST_F(ImportOnnx, ASplitIsSlices) {
  auto& split = node("Split", {"in"}, "a");
  split.add_output("b");
  add_attribute(split, "axis", std::int64_t{1});
  add_attribute(split, "split", std::vector<std::int64_t>{1, 2});
  auto& concat = node("Concat", {"b", "a"}, "out");
  add_attribute(concat, "axis", std::int64_t{1});
  const auto in = to_tensor(random_images(1, 3, 8, 8, 1));
  const auto expected = at::cat({in.narrow(1, 1, 2), in.narrow(1, 0, 1)}, 1);
  EXPECT_LT(difference(run(in), reference::to_vector(expected)), kRounding);
}

TEST_F(ImportOnnx, ResizeTakesItsScalesFromAnInput) {
  set_opset(11);
  floats("roi", {0}, {});
  floats("scales", {4}, {1, 1, 2, 2});
  auto& resize = node("Resize", {"in", "roi", "scales"}, "out");
  add_attribute(resize, "mode", "nearest");
  const auto in = to_tensor(random_images(1, 3, 8, 8, 1));
  EXPECT_LT(
      difference(run(in), reference::to_vector(in.repeat_interleave(2, 2).repeat_interleave(2, 3))),
      kRounding);
}

TEST_F(ImportOnnx, OldFilesListTheirWeightsAmongTheInputs) {
  floats("k", {1}, {2});
  input("k", {1});
  node("Mul", {"in", "k"}, "out");
  EXPECT_THAT(import().graph.inputs, ElementsAre("in"));
}

TEST_F(ImportOnnx, NamesTheNodeThatHasNoTranslation) {
  node("Frobnicate", {"in"}, "out").set_name("strange");
  expect_error("\"strange\" (Frobnicate)");
  graph().mutable_node(0)->set_domain("com.example");
  expect_error("com.example.Frobnicate");
}

TEST_F(ImportOnnx, NamesTheNodeThatIsWrong) {
  node("Unsqueeze", {"in", "in"}, "out").set_name("odd");
  expect_error("\"odd\" (Unsqueeze): its axes is computed");

  graph().clear_node();
  auto& dropout = node("Dropout", {"in"}, "d");
  dropout.add_output("mask");
  node("Mul", {"d", "mask"}, "out");
  expect_error("its output 1 is not supported");

  graph().clear_node();
  for (const char* op : {"Constant", "Relu", "Split"}) {
    node(op, {}, "").clear_output();
    expect_error(op);
    graph().clear_node();
  }

  graph().clear_node();
  node("Relu", {"later"}, "out");
  node("Relu", {"in"}, "later");
  expect_error("before it is made");

  graph().clear_node();
  node("Relu", {"in"}, "elsewhere");
  expect_error("\"out\"");
}

TEST_F(ImportOnnx, RefusesTensorsItCannotRead) {
  onnx::TensorProto& tensor = floats("k", {3, 1, 1}, {1, 2, 3});
  node("Mul", {"in", "k"}, "out");
  tensor.set_dims(0, 4);
  expect_error("\"k\" has another length");
  tensor.set_dims(0, -1);
  expect_error("\"k\" has no usable shape");
  tensor.set_dims(0, std::int64_t{1} << 40);
  expect_error("\"k\" has no usable shape");
  tensor.set_dims(0, 3);
  tensor.set_data_type(onnx::TensorProto::STRING);
  expect_error("\"k\" has ONNX's type 8");
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  expect_error("\"k\" is kept in another file");
}

TEST_F(ImportOnnx, RefusesOldAndForeignFiles) {
  node("Relu", {"in"}, "out");
  set_opset(6);
  expect_error("opset is 6");
  set_opset(9);
  graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::UINT8);
  expect_error("does not consist of floating-point numbers");
  std::ofstream(path_) << "this is no model";
  EXPECT_THAT([&] { import_onnx(MappedFile(path_)); },
              ThrowsMessage<Error>(HasSubstr("is not an ONNX model")));
  EXPECT_THAT([&] { import_onnx(MappedFile(path_ + ".none")); },
              ThrowsMessage<Error>(HasSubstr("cannot open")));
}

TEST_F(ImportOnnx, NamesAreText) {
  node("Relu", {"in"}, "out").set_name("\xff");
  expect_error("a name in it is not valid UTF-8");
}

TEST_F(ImportOnnx, ExtentsAreOfThisWorld) {
  floats("w", {0, std::int64_t{1} << 40}, {});
  node("Add", {"in", "w"}, "out");
  expect_error("\"w\" has an extent of 1099511627776");
}

TEST_F(ImportOnnx, CutFilesAreErrors) {
  floats("w", {4, 3, 1, 1}, random_values(12, 8));
  node("Conv", {"in", "w"}, "out");
  import();
  const std::string whole = model_.SerializeAsString();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    std::ofstream(path_, std::ios::binary)
        .write(whole.data(), static_cast<std::streamsize>(length));
    EXPECT_THROW(import_onnx(MappedFile(path_)), Error) << length;
  }
}

}  // namespace
}  // namespace facenet

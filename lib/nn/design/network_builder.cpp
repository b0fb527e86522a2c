#include "nn/design/network_builder.h"

#include <utility>

namespace facenet {
namespace {

std::int64_t positions(std::int64_t size, std::int64_t pad, std::int64_t kernel,
                       std::int64_t stride) {
  return (size + 2 * pad - kernel) / stride + 1;
}

Activation under_window(const std::string& name, const Activation& in, const Layer& layer,
                        std::int64_t channels) {
  return {.name = name,
          .channels = channels,
          .height = positions(in.height, layer.pad_y, layer.kernel_y, layer.stride),
          .width = positions(in.width, layer.pad_x, layer.kernel_x, layer.stride)};
}

nlohmann::json window_attributes(const Layer& layer) {
  return {{"kernel_shape", {layer.kernel_y, layer.kernel_x}},
          {"strides", {layer.stride, layer.stride}},
          {"pads", {layer.pad_y, layer.pad_x, layer.pad_y, layer.pad_x}}};
}

Activation renamed(const Activation& in, std::string name) {
  Activation out = in;
  out.name = std::move(name);
  return out;
}

}  // namespace

NetworkBuilder::NetworkBuilder(std::int64_t height, std::int64_t width, LayerStyle style)
    : style_(std::move(style)),
      input_{.name = "input", .channels = 3, .height = height, .width = width} {
  design_.graph.inputs = {input_.name};
  design_.graph.input_shape = {0, input_.channels, height, width};
}

Activation NetworkBuilder::conv(const std::string& name, const Activation& in, std::int64_t filters,
                                const Layer& layer) {
  Activation out = convolve(name + style_.conv, in, filters, layer, style_.bias);
  if (style_.batch_norm) out = batch_norm(name + ".bn", out);
  return relu(name + ".relu", out);
}

Activation NetworkBuilder::plain_conv(const std::string& name, const Activation& in,
                                      std::int64_t filters, const Layer& layer) {
  return convolve(name, in, filters, layer, /*bias=*/true);
}

Activation NetworkBuilder::convolve(const std::string& name, const Activation& in,
                                    std::int64_t filters, const Layer& layer, bool bias) {
  std::vector<std::string> inputs = {
      in.name, parameter(name + ".weight", {filters, in.channels, layer.kernel_y, layer.kernel_x},
                         Initialisation::kHe)};
  if (bias) inputs.push_back(parameter(name + ".bias", {filters}, Initialisation::kZero));
  add("Conv", name, std::move(inputs), window_attributes(layer));
  return under_window(name, in, layer, filters);
}

Activation NetworkBuilder::batch_norm(const std::string& name, const Activation& in) {
  using enum Initialisation;
  add("BatchNormalization", name,
      {in.name, parameter(name + ".weight", {in.channels}, kOne),
       parameter(name + ".bias", {in.channels}, kZero),
       parameter(name + ".running_mean", {in.channels}, kZero, /*is_statistic=*/true),
       parameter(name + ".running_var", {in.channels}, kOne, /*is_statistic=*/true)},
      {{"epsilon", style_.epsilon}});
  return renamed(in, name);
}

Activation NetworkBuilder::relu(const std::string& name, const Activation& in) {
  return renamed(in, add("Relu", name, {in.name}));
}

Activation NetworkBuilder::pool(const std::string& op, const std::string& name,
                                const Activation& in, const Layer& layer,
                                nlohmann::json attributes) {
  attributes.update(window_attributes(layer));
  add(op, name, {in.name}, std::move(attributes));
  return under_window(name, in, layer, in.channels);
}

Activation NetworkBuilder::max_pool(const std::string& name, const Activation& in,
                                    const Layer& layer) {
  return pool("MaxPool", name, in, layer, nlohmann::json::object());
}

Activation NetworkBuilder::l2_pool(const std::string& name, const Activation& in,
                                   const Layer& layer) {
  return pool("LpPool", name, in, layer, {{"p", 2}});
}

Activation NetworkBuilder::response_norm(const std::string& name, const Activation& in) {
  if (style_.batch_norm) return in;
  return renamed(in, add("LRN", name, {in.name},
                         {{"size", 5}, {"alpha", 1e-4}, {"beta", 0.75}, {"bias", 1.0}}));
}

Activation NetworkBuilder::concat(const std::string& name, const std::vector<Activation>& parts) {
  Activation out = renamed(parts.at(0), name);
  out.channels = 0;
  std::vector<std::string> inputs;
  for (const Activation& part : parts) {
    out.channels += part.channels;
    inputs.push_back(part.name);
  }
  add("Concat", name, std::move(inputs), {{"axis", 1}});
  return out;
}

Activation NetworkBuilder::average(const std::string& name, const Activation& in) {
  add("GlobalAveragePool", name, {in.name});
  return {.name = name, .channels = in.channels, .height = 1, .width = 1};
}

Activation NetworkBuilder::add_scaled(const std::string& name, const Activation& a,
                                      const Activation& b, float scale) {
  const std::string factor = add("Constant", name + ".scale", {}, {{"value_float", scale}});
  return renamed(a, add("Add", name, {a.name, add("Mul", name + ".scaled", {b.name, factor})}));
}

Activation NetworkBuilder::dropout(const std::string& name, const Activation& in, double ratio) {
  return renamed(in, add("Dropout", name, {in.name}, {{"ratio", ratio}}));
}

std::string NetworkBuilder::flat(const std::string& name, const Activation& in) {
  return in.height == 0 ? in.name : add("Flatten", name + ".flat", {in.name});
}

Activation NetworkBuilder::dense(const std::string& name, const Activation& in,
                                 std::int64_t outputs, bool bias, Initialisation initialisation) {
  const std::int64_t numbers = in.height == 0 ? in.channels : in.channels * in.height * in.width;
  std::vector<std::string> inputs = {
      flat(name, in), parameter(name + ".weight", {outputs, numbers}, initialisation)};
  if (bias) inputs.push_back(parameter(name + ".bias", {outputs}, Initialisation::kZero));
  add("Gemm", name, std::move(inputs), {{"transB", 1}});
  return {.name = name, .channels = outputs};
}

Activation NetworkBuilder::maxout(const std::string& name, const Activation& in,
                                  std::int64_t outputs, std::int64_t pieces) {
  const Activation all = dense(name, in, outputs * pieces);
  const std::string split =
      add("Reshape", name + ".pieces", {all.name}, {{"shape", {0, outputs, pieces}}});
  return {.name = add("ReduceMax", name + ".maxout", {split}, {{"axes", {2}}, {"keepdims", 0}}),
          .channels = outputs};
}

NetworkDesign NetworkBuilder::finish(const Activation& embedding) {
  design_.graph.outputs = {
      add("LpNormalization", "unit_length", {embedding.name}, {{"axis", 1}, {"p", 2}})};
  return std::move(design_);
}

std::string NetworkBuilder::add(const std::string& op, const std::string& name,
                                std::vector<std::string> inputs, nlohmann::json attributes) {
  design_.graph.nodes.push_back({.op = op,
                                 .name = name,
                                 .inputs = std::move(inputs),
                                 .outputs = {name},
                                 .attributes = std::move(attributes)});
  return name;
}

std::string NetworkBuilder::parameter(const std::string& name, std::vector<std::int64_t> shape,
                                      Initialisation initialisation, bool is_statistic) {
  design_.parameters.push_back({name, std::move(shape), initialisation, is_statistic});
  return name;
}

}  // namespace facenet

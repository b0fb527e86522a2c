#include "nn/runtime/trainable_network.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "base/error.h"
#include "nn/graph/attributes.h"
#include "nn/runtime/graph_file.h"
#include "nn/runtime/graph_steps.h"
#include "nn/runtime/named_tensor.h"
#include "nn/runtime/tensor_view.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

constexpr double kStatisticsMomentum = 0.1;  // PyTorch's

/// Which of a node's inputs are learned, where they are tensors of the file.
std::vector<std::size_t> learned_inputs(const GraphNode& node) {
  static const std::set<std::string> layers = {"Conv",   "ConvTranspose", "Gemm",
                                               "MatMul", "PRelu",         "BatchNormalization"};
  if (!layers.contains(node.op)) return {};
  if (node.op == "PRelu" || node.op == "MatMul") return {1};
  return {1, 2};
}

/// Running mean and variance.
std::vector<std::size_t> followed_inputs(const GraphNode& node) {
  return node.op == "BatchNormalization" ? std::vector<std::size_t>{3, 4}
                                         : std::vector<std::size_t>{};
}

at::Tensor normalise_batch(const GraphNode& node, const std::vector<at::Tensor>& in) {
  // Without autograd this is a first look at a batch that comes again: it must not count twice.
  const bool follow = at::GradMode::is_enabled();
  return at::batch_norm(in[0], in[1], in[2], follow ? in[3] : at::Tensor(),
                        follow ? in[4] : at::Tensor(), /*training=*/true, kStatisticsMomentum,
                        Attributes(node).number("epsilon", 1e-5), /*cudnn_enabled=*/true);
}

at::Tensor drop(const GraphNode& node, const std::vector<at::Tensor>& in) {
  return at::dropout(in[0], Attributes(node).number("ratio", 0.5), /*train=*/true);
}

/// Operators that training in bfloat16 leaves in it. Convolutions bring what they are given into
/// it.
bool trains_in_bfloat16(const std::string& op) {
  static const std::set<std::string> ops = {"BatchNormalization", "Relu", "MaxPool", "Concat",
                                            "Dropout"};
  return ops.contains(op);
}

/// The same step among values that may be bfloat16. What does not compute in it computes in
/// float32; a map that came in bfloat16 goes on in it, a vector stays float32.
Kernel mixed(const GraphNode& node, Kernel kernel) {
  if (trains_in_bfloat16(node.op)) return kernel;
  const bool convolves = node.op == "Conv" || node.op == "ConvTranspose";
  return [convolves, kernel = std::move(kernel)](std::vector<at::Tensor>& inputs) {
    const bool was_bfloat16 = inputs[0].scalar_type() == at::kBFloat16;
    const at::ScalarType type = convolves ? at::kBFloat16 : at::kFloat;
    for (at::Tensor& input : inputs) {
      if (input.defined() && input.is_floating_point()) input = input.to(type);
    }
    at::Tensor output = kernel(inputs);
    return was_bfloat16 && output.dim() == 4 ? output.to(at::kBFloat16) : output;
  };
}

/// The kernel that a step has in training, where it is another than in inference.
Kernel training_kernel(const Step& step) {
  using Function = at::Tensor (*)(const GraphNode&, const std::vector<at::Tensor>&);
  static const std::map<std::string, Function> special = {{"BatchNormalization", normalise_batch},
                                                          {"Dropout", drop}};
  const auto found = special.find(step.node.op);
  if (found == special.end()) return step.kernel;
  return [&node = step.node, function = found->second](std::vector<at::Tensor>& inputs) {
    return function(node, inputs);
  };
}

/// Vectors of length 1, whether or not the network's last layer sees to that.
at::Tensor unit_rows(const at::Tensor& rows) {
  constexpr double kSmallest = 1e-12;
  return rows / at::linalg_vector_norm(rows, 2, {1}, /*keepdim=*/true).clamp_min(kSmallest);
}

}  // namespace

struct TrainableNetwork::Impl {
  std::string source;  ///< "path: "
  ModelInfo info;
  Graph graph;
  std::vector<NamedTensor> parameters, statistics;
  std::map<std::string, at::Tensor> constants;  ///< the rest
  at::Device device = at::kCPU;
  std::unique_ptr<GraphSteps> steps;
  std::vector<Kernel> training_kernels;
  Precision precision = Precision::kFloat32;

  explicit Impl(const SafetensorsFile& file)
      : source(file.path() + ": "), info(read_model_info(file)) {
    if (info.kind != "embedder") fail("{}it is not an embedder, so it cannot be trained", source);
    const ImportedGraph imported = read_graph_file(file);
    graph = imported.graph;
    sort_tensors(imported);
    compile();
  }

  void sort_tensors(const ImportedGraph& imported) {
    for (const auto& [name, view] : imported.tensors) constants[name] = own_copy(view);
    const auto move = [&](const GraphNode& node, const std::vector<std::size_t>& inputs,
                          std::vector<NamedTensor>& to, bool learn) {
      for (const std::size_t i : inputs) {
        if (i >= node.inputs.size()) continue;
        const auto found = constants.find(node.inputs[i]);
        if (found == constants.end() || !found->second.is_floating_point()) continue;
        to.push_back({found->first, found->second.requires_grad_(learn)});
        constants.erase(found);
      }
    };
    for (const GraphNode& node : graph.nodes) {
      move(node, learned_inputs(node), parameters, true);
      move(node, followed_inputs(node), statistics, false);
    }
    if (parameters.empty()) fail("{}its network has no weights to learn", source);
    for (NamedTensor& parameter : parameters) prefer_channels_last(parameter.tensor);
  }

  /// Filters in the order that channels-last convolutions want them, so that no step reorders them.
  static void prefer_channels_last(at::Tensor& tensor) {
    if (tensor.dim() != 4) return;
    tensor = tensor.detach().contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
  }

  void compile() {
    std::vector<std::string> variables;
    for (const NamedTensor& parameter : parameters) variables.push_back(parameter.name);
    for (const NamedTensor& statistic : statistics) variables.push_back(statistic.name);
    const FindTensor find = [&](const std::string& name) {
      const auto found = constants.find(name);
      return found == constants.end() ? at::Tensor() : found->second.clone();
    };
    training_kernels.clear();
    steps = std::make_unique<GraphSteps>(graph, find, variables);
    for (const Step& step : steps->steps()) {
      Kernel kernel = training_kernel(step);
      if (precision == Precision::kBfloat16) kernel = mixed(step.node, std::move(kernel));
      training_kernels.push_back(std::move(kernel));
    }
  }

  at::Tensor forward(const at::Tensor& images, Mode mode) const {
    std::vector<at::Tensor> values(steps->slots());
    auto value = values.begin();
    *value++ = images.to(device).contiguous(at::MemoryFormat::ChannelsLast);
    for (const NamedTensor& parameter : parameters) *value++ = parameter.tensor;
    for (const NamedTensor& statistic : statistics) *value++ = statistic.tensor;
    for (std::size_t i = 0; i < training_kernels.size(); ++i) {
      const Step& step = steps->steps()[i];
      std::vector<at::Tensor> inputs = take_inputs(step, values);
      const Kernel& kernel = mode == Mode::kTraining ? training_kernels[i] : step.kernel;
      values[static_cast<std::size_t>(step.output)] = run_kernel(step, kernel, inputs, source);
    }
    return unit_rows(values[static_cast<std::size_t>(steps->outputs().at(0))].flatten(1));
  }

  NamedTensor& parameter(const std::string& name) {
    return *std::ranges::find(parameters, name, &NamedTensor::name);
  }
};

TrainableNetwork::TrainableNetwork(const SafetensorsFile& file)
    : impl_(std::make_unique<Impl>(file)) {}
TrainableNetwork::~TrainableNetwork() = default;
TrainableNetwork::TrainableNetwork(TrainableNetwork&&) noexcept = default;
TrainableNetwork& TrainableNetwork::operator=(TrainableNetwork&&) noexcept = default;

const ModelInfo& TrainableNetwork::info() const {
  return impl_->info;
}

void TrainableNetwork::train_in(Precision precision) {
  impl_->precision = precision;
  impl_->compile();
}

at::Tensor TrainableNetwork::forward(const at::Tensor& images, Mode mode) const {
  return impl_->forward(images, mode);
}

const std::vector<NamedTensor>& TrainableNetwork::parameters() const {
  return impl_->parameters;
}

const std::vector<NamedTensor>& TrainableNetwork::statistics() const {
  return impl_->statistics;
}

std::vector<std::string> TrainableNetwork::embedding_layer() const {
  for (auto node = impl_->graph.nodes.rbegin(); node != impl_->graph.nodes.rend(); ++node) {
    std::vector<std::string> names;
    for (const std::size_t i : learned_inputs(*node)) {
      const bool is_weight =
          node->op != "BatchNormalization" && i < node->inputs.size() &&
          std::ranges::count(impl_->parameters, node->inputs[i], &NamedTensor::name) > 0;
      if (is_weight) names.push_back(node->inputs[i]);
    }
    if (!names.empty()) return names;
  }
  return {};
}

void TrainableNetwork::restart_embedding_layer(std::uint64_t seed) {
  const at::NoGradGuard no_autograd;
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  for (const std::string& name : embedding_layer()) {
    at::Tensor& tensor = impl_->parameter(name).tensor;
    if (tensor.dim() < 2) {
      tensor.zero_();
    } else {
      const double fan_in =
          static_cast<double>(tensor.numel()) / static_cast<double>(tensor.size(0));
      tensor.copy_(at::randn(tensor.sizes(), generator, at::kFloat) / std::sqrt(fan_in));
    }
  }
}

void TrainableNetwork::resize_embedding(int embedding, std::uint64_t seed) {
  ModelInfo& info = impl_->info;
  for (const std::string& name : embedding_layer()) {
    at::Tensor& tensor = impl_->parameter(name).tensor;
    std::vector<std::int64_t> shape = tensor.sizes().vec();
    if (shape[0] != info.embedding) {
      fail("{}its embedding layer cannot be given another size", impl_->source);
    }
    shape[0] = embedding;
    tensor = at::empty(shape, tensor.options()).requires_grad_();
    Impl::prefer_channels_last(tensor);
  }
  restart_embedding_layer(seed);
  info.embedding = embedding;
  const at::NoGradGuard no_autograd;
  forward(at::zeros({1, info.channels, info.height, info.width}), Mode::kInference);
}

void TrainableNetwork::learn_embedding_layer_only(bool only) {
  const std::vector<std::string> last = embedding_layer();
  for (NamedTensor& parameter : impl_->parameters) {
    parameter.tensor.set_requires_grad(!only || std::ranges::count(last, parameter.name) > 0);
  }
}

void TrainableNetwork::move_to(const std::string& device) {
  const at::Device target(device);
  if (target.is_cuda() && !at::hasCUDA()) {
    fail("this build of LibTorch has no CUDA device; leave --device out, or set it to cpu");
  }
  const at::NoGradGuard no_autograd;
  const auto move = [&](at::Tensor& tensor) {
    tensor = tensor.to(target).set_requires_grad(tensor.requires_grad());
  };
  for (NamedTensor& parameter : impl_->parameters) move(parameter.tensor);
  for (NamedTensor& statistic : impl_->statistics) move(statistic.tensor);
  for (auto& [name, constant] : impl_->constants) move(constant);
  impl_->device = target;
  impl_->compile();
}

void TrainableNetwork::write(const std::string& path, const ModelInfo& info, bool overwrite) const {
  std::vector<at::Tensor> owners;
  std::map<std::string, TensorView> tensors;
  const auto add = [&](const std::string& name, const at::Tensor& tensor) {
    owners.push_back(tensor.detach().to(at::kCPU).contiguous());
    tensors[name] = view_of(owners.back());
  };
  for (const NamedTensor& parameter : impl_->parameters) add(parameter.name, parameter.tensor);
  for (const NamedTensor& statistic : impl_->statistics) add(statistic.name, statistic.tensor);
  for (const auto& [name, constant] : impl_->constants) add(name, constant);
  write_safetensors(path, tensors,
                    {{"graph", to_json(impl_->graph).dump()}, {"facenet", to_json(info).dump()}},
                    overwrite);
}

}  // namespace facenet

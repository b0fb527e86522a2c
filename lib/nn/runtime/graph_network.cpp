#include "nn/runtime/graph_network.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "nn/graph/fuse.h"
#include "nn/graph/network_design.h"
#include "nn/graph/simplify.h"
#include "nn/operators/dense.h"
#include "nn/operators/fused_conv.h"
#include "nn/operators/memory_limit.h"
#include "nn/runtime/graph_file.h"
#include "nn/runtime/graph_steps.h"
#include "nn/runtime/precision.h"
#include "nn/runtime/runtime.h"
#include "nn/runtime/subnormals.h"
#include "nn/runtime/tensor_view.h"

namespace facenet {
namespace {

FindTensor tensors_of(const ImportedGraph& imported) {
  return [&](const std::string& name) {
    const auto found = imported.tensors.find(name);
    return found == imported.tensors.end() ? at::Tensor() : own_copy(found->second);
  };
}

void optimise(ImportedGraph& imported, const GraphNetworkOptions& options) {
  if (!options.optimise) return;
  simplify(imported);
  if (have_fused_conv())
    fuse(imported, options.precision == Precision::kBfloat16 && have_bfloat16());
}

constexpr auto kNoObserver = [](const Step&, const at::Tensor&) {};

/// Where all that a network still needs of what it has computed is one value.
struct Neck {
  std::size_t step;  ///< the first that comes after it
  int slot = -1;     ///< of the value; -1 where the neck is the end of the network
};

/// The neck before the first large dense layer, if there is one.
Neck find_neck(const GraphSteps& graph) {
  const auto& steps = graph.steps();
  const auto large = std::ranges::find_if(steps, [](const Step& step) {
    return step.node.op == "Gemm" && step.parameters >= kLargeDense;
  });
  const std::set<int> outputs(graph.outputs().begin(), graph.outputs().end());
  std::set<int> needed;  // by the tail, and not made there
  for (auto step = std::make_reverse_iterator(steps.end());
       step != std::make_reverse_iterator(large); ++step) {
    needed.erase(step->output);
    for (const Operand& operand : step->operands) {
      if (operand.slot >= 0) needed.insert(operand.slot);
    }
  }
  const bool is_neck = needed.size() == 1 && !outputs.contains(*needed.begin());
  return is_neck ? Neck{static_cast<std::size_t>(large - steps.begin()), *needed.begin()}
                 : Neck{steps.size()};
}

}  // namespace

struct GraphNetwork::Impl {
  std::string source;  ///< "path: ", in front of messages; empty for a graph that is in no file
  GraphSteps graph;
  Neck neck;
  std::vector<std::int64_t> input_shape;

  Impl(std::string origin, const Graph& source_graph, const FindTensor& find_tensor)
      : source(std::move(origin)),
        graph(source_graph, find_tensor),
        neck(find_neck(graph)),
        input_shape(source_graph.input_shape) {
    keep_freed_memory();
  }

  at::Tensor run_step(const Step& step, std::vector<at::Tensor>& values) const {
    std::vector<at::Tensor> inputs = take_inputs(step, values);
    if (!step.takes_bfloat16) {
      for (at::Tensor& input : inputs) {
        if (input.defined() && input.scalar_type() == at::kBFloat16) input = input.to(at::kFloat);
      }
    }
    return run_kernel(step, step.kernel, inputs, source);
  }

  /// Runs the steps from `begin` to before `end`.
  template <class Observer>
  void run_steps(std::vector<at::Tensor>& values, std::size_t begin, std::size_t end,
                 const Observer& observe) const {
    const std::size_t most = most_bytes(values);
    const MemoryLimit limit(most);
    for (std::size_t i = begin; i < end; ++i) {
      const Step& step = graph.steps()[i];
      at::Tensor output = run_step(step, values);
      observe(step, output);
      const bool is_large = output.nbytes() > most / 64;
      values[static_cast<std::size_t>(step.output)] = std::move(output);
      if (is_large) require_room(step, values, most);
    }
  }

  /// What one value may take, and all that are still needed together. Networks for faces make some
  /// dozens of numbers of one of their input.
  static std::size_t most_bytes(const std::vector<at::Tensor>& values) {
    constexpr std::size_t kLeast = std::size_t{1} << 30;
    constexpr std::size_t kGrowth = 512;
    return std::max(kLeast, kGrowth * bytes_of(values));
  }

  static std::size_t bytes_of(const std::vector<at::Tensor>& values) {
    std::size_t bytes = 0;
    for (const at::Tensor& value : values)
      if (value.defined()) bytes += value.nbytes();
    return bytes;
  }

  void require_room(const Step& step, const std::vector<at::Tensor>& values,
                    std::size_t most) const {
    if (const std::size_t bytes = bytes_of(values); bytes > most)
      fail("{}node \"{}\" ({}) cannot be computed: values of {} MiB would be kept at once", source,
           step.node.name, step.node.op, bytes >> 20);
  }

  std::vector<at::Tensor> fresh_values(const at::Tensor& input) const {
    std::vector<at::Tensor> values(graph.slots());
    values[0] = input.contiguous(at::MemoryFormat::ChannelsLast);
    return values;
  }

  std::vector<at::Tensor> results(const std::vector<at::Tensor>& values) const {
    std::vector<at::Tensor> results;
    for (const int output : graph.outputs()) {
      const at::Tensor& value = values[static_cast<std::size_t>(output)];
      results.push_back(value.to(at::kFloat).contiguous());
    }
    return results;
  }

  /// Weights that somebody else made may mix images, or forget some.
  void require_rows(const std::vector<at::Tensor>& results, std::int64_t images) const {
    for (const at::Tensor& result : results) {
      if (result.dim() > 0 && result.size(0) == images) continue;
      fail("{}its network does not give a row for each of {} images: get or make the weights again",
           source, images);
    }
  }

  template <class Observer>
  std::vector<at::Tensor> run(const at::Tensor& input, const Observer& observe) const {
    const c10::InferenceMode no_autograd;
    const SubnormalsAsZero quick;
    std::vector<at::Tensor> values = fresh_values(input);
    run_steps(values, 0, graph.steps().size(), observe);
    return results(values);
  }

  /// Runs the steps before `neck` on some of the images.
  std::vector<at::Tensor> run_head(const at::Tensor& input) const {
    const c10::InferenceMode no_autograd;
    const SubnormalsAsZero quick;
    std::vector<at::Tensor> values = fresh_values(input);
    run_steps(values, 0, neck.step, kNoObserver);
    if (neck.slot < 0) return results(values);
    return {values[static_cast<std::size_t>(neck.slot)]};
  }

  std::vector<at::Tensor> run_tail(const at::Tensor& value) const {
    const c10::InferenceMode no_autograd;
    const SubnormalsAsZero quick;
    std::vector<at::Tensor> values(graph.slots());
    values[static_cast<std::size_t>(neck.slot)] = value;
    run_steps(values, neck.step, graph.steps().size(), kNoObserver);
    return results(values);
  }
};

GraphNetwork::GraphNetwork(const SafetensorsFile& file, const std::string& part,
                           const GraphNetworkOptions& options) {
  const std::string name = part.ends_with('.') ? part.substr(0, part.size() - 1) : part;
  try {
    ImportedGraph imported = read_graph_file(file, name);
    optimise(imported, options);
    impl_ = std::make_unique<Impl>(file.path() + ": ", imported.graph, tensors_of(imported));
  } catch (const Error& error) {
    fail(
        "{}: {}; this version of facenet cannot run the file, so make it again with \"facenet "
        "model "
        "import\"",
        file.path(), error.what());
  }
}

GraphNetwork::GraphNetwork(const ImportedGraph& imported, const GraphNetworkOptions& options) {
  ImportedGraph own;
  own.graph = imported.graph;
  own.tensors = imported.tensors;  // the same bytes
  optimise(own, options);
  impl_ = std::make_unique<Impl>("", own.graph, tensors_of(own));
}

GraphNetwork::GraphNetwork(const NetworkDesign& design) {
  std::map<std::string, at::Tensor> parameters;
  for (const Parameter& parameter : design.parameters) {
    const bool is_small = parameter.shape.size() < 2;
    parameters[parameter.name] =
        is_small ? at::zeros(parameter.shape) : at::zeros({1}).expand(parameter.shape);
  }
  impl_ = std::make_unique<Impl>("", design.graph,
                                 [&](const std::string& name) { return parameters[name]; });
}

GraphNetwork::~GraphNetwork() = default;
GraphNetwork::GraphNetwork(GraphNetwork&&) noexcept = default;
GraphNetwork& GraphNetwork::operator=(GraphNetwork&&) noexcept = default;

std::vector<at::Tensor> GraphNetwork::run(const at::Tensor& input) const {
  return impl_->run(input, kNoObserver);
}

std::vector<at::Tensor> GraphNetwork::run_batch(const at::Tensor& input) const {
  // What lies between two layers of two images still fits the second-level cache.
  constexpr std::int64_t kImagesAtOnce = 2;
  const std::int64_t images = input.size(0);
  if (images < 2) {
    auto alone = run(input);
    impl_->require_rows(alone, images);
    return alone;
  }
  std::vector<std::vector<at::Tensor>> results(static_cast<std::size_t>(images));
  at::parallel_for(0, images, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += kImagesAtOnce) {
      const std::int64_t count = std::min(kImagesAtOnce, end - first);
      auto& result = results[static_cast<std::size_t>(first)];
      result = impl_->run_head(input.narrow(0, first, count));
      impl_->require_rows(result, count);
    }
  });
  std::erase_if(results, [](const auto& result) { return result.empty(); });
  const c10::InferenceMode no_autograd;
  std::vector<at::Tensor> together;
  for (std::size_t k = 0; k < results[0].size(); ++k) {
    std::vector<at::Tensor> parts;
    for (const auto& result : results) parts.push_back(result[k]);
    together.push_back(at::cat(parts));
  }
  if (impl_->neck.slot < 0) return together;
  auto finished = impl_->run_tail(together.at(0));
  impl_->require_rows(finished, images);
  return finished;
}

const std::vector<std::int64_t>& GraphNetwork::input_shape() const {
  return impl_->input_shape;
}

std::vector<LayerInfo> GraphNetwork::describe(int channels, int height, int width) const {
  std::vector<LayerInfo> layers;
  for (const Step& step : impl_->graph.steps()) {
    LayerInfo& layer = layers.emplace_back();
    layer.name = step.node.name;
    layer.kind = step.node.op;
    layer.parameters = step.parameters;
  }
  if (height == 0 || width == 0) return layers;
  std::size_t at = 0;
  impl_->run(at::zeros({1, channels, height, width}), [&](const Step& step, const at::Tensor& out) {
    layers[at].output = out.sizes().vec();
    layers[at].multiply_adds = out.numel() * step.multiply_adds_per_output;
    ++at;
  });
  return layers;
}

}  // namespace facenet

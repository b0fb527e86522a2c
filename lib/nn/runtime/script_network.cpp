#include "nn/runtime/script_network.h"

#include <sstream>
#include <string_view>
#include <vector>

#include <c10/core/InferenceMode.h>
#include <torch/script.h>

#include "base/error.h"
#include "nn/runtime/subnormals.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

/// What face networks are published for.
constexpr int kUsualSizes[] = {96, 112, 128, 140, 150, 160, 224};

/// The line that says what went wrong: LibTorch's own first, and for an error in the module's code
/// the last, which follows a trace of that code.
std::string reason(std::string_view text) {
  constexpr std::string_view kTrace = "The following operation failed";
  if (text.starts_with(kTrace)) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    return std::string(text.substr(text.rfind('\n') + 1));
  }
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

struct ScriptNetwork::Impl {
  std::string path;
  mutable torch::jit::Module module;  // forward() is not const, but an evaluating module is shared
};

ScriptNetwork::ScriptNetwork(const std::string& path) {
  try {
    impl_ = std::make_unique<Impl>(path, torch::jit::load(path, torch::kCPU));
    impl_->module.eval();
  } catch (const c10::Error& error) {
    fail(
        "{}: cannot be loaded as TorchScript ({}); export it with torch.jit.script or "
        "torch.jit.trace",
        path, reason(error.what_without_backtrace()));
  }
  if (!impl_->module.find_method("forward")) fail("{}: its module has no forward()", path);
}

ScriptNetwork::~ScriptNetwork() = default;

at::Tensor ScriptNetwork::run(const at::Tensor& images) const {
  const c10::InferenceMode no_autograd;
  const SubnormalsAsZero quick;
  torch::IValue result;
  try {
    result = impl_->module.forward({images});
  } catch (const c10::Error& error) {
    fail("{}: fails on faces of {} x {} pixels: {}", impl_->path, images.size(3), images.size(2),
         reason(error.what_without_backtrace()));
  } catch (const std::exception& error) {  // what the module's own `raise` becomes
    fail("{}: fails on faces of {} x {} pixels: {}", impl_->path, images.size(3), images.size(2),
         reason(error.what()));
  }
  if (!result.isTensor()) {
    fail("{}: returns a {}, not a tensor with one vector for each face", impl_->path,
         result.tagKind());
  }
  const at::Tensor vectors = result.toTensor();
  if (vectors.dim() != 2 || vectors.size(0) != images.size(0) || vectors.size(1) < 1 ||
      !vectors.is_floating_point()) {
    std::ostringstream shape;
    shape << vectors.sizes();
    fail("{}: returns a tensor of shape {} for {} faces, not one vector for each face", impl_->path,
         shape.str(), images.size(0));
  }
  return vectors.to(at::kFloat).contiguous();
}

ScriptOptions probe_script(const std::string& path, ScriptOptions options) {
  check_trust(path, options);
  options.validate();
  const ScriptNetwork network(find_model(path));
  const auto dimension = [&](int size) {
    // Two faces: one would not show a module that mixes them.
    return static_cast<int>(network.run(at::zeros({2, 3, size, size})).size(1));
  };
  if (options.input_size > 0) {
    options.dimension = dimension(options.input_size);
    return options;
  }
  std::vector<int> accepted;
  std::string complaint;
  for (const int size : kUsualSizes) {
    try {
      options.dimension = dimension(size);
      accepted.push_back(size);
    } catch (const Error& error) {
      complaint = error.what();
    }
  }
  if (accepted.empty()) fail("{}; give the size of its faces with --input-size", complaint);
  if (accepted.size() > 1) {
    fail(
        "{}: takes faces of several sizes ({}): give the one that it was trained for with "
        "--input-size",
        path, fmt::join(accepted, ", "));
  }
  options.input_size = accepted[0];
  return options;
}

}  // namespace facenet

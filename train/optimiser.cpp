#include "train/optimiser.h"

#include <cmath>
#include <set>
#include <sstream>
#include <type_traits>
#include <utility>

#include <torch/types.h>

// Needs the names of the one above.
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim.h>

#include "base/error.h"

namespace facenet {
namespace {

using torch::optim::OptimizerParamGroup;
using torch::optim::OptimizerParamState;

template <class Wrapped, class WrappedOptions>
std::unique_ptr<torch::optim::Optimizer> make(const std::vector<at::Tensor>& parameters,
                                              const WrappedOptions& options) {
  std::vector<at::Tensor> decayed, spared;
  for (const at::Tensor& parameter : parameters) {
    (parameter.dim() > 1 ? decayed : spared).push_back(parameter);
  }
  WrappedOptions without_decay = options;
  without_decay.weight_decay(0);
  std::vector<OptimizerParamGroup> groups;
  groups.emplace_back(decayed, std::make_unique<WrappedOptions>(options));
  groups.emplace_back(spared, std::make_unique<WrappedOptions>(without_decay));
  return std::make_unique<Wrapped>(groups, options);
}

std::unique_ptr<torch::optim::Optimizer> make(const std::vector<at::Tensor>& parameters,
                                              const OptimiserOptions& options) {
  using namespace torch::optim;
  if (options.name == "sgd") {
    return make<SGD>(
        parameters,
        SGDOptions(options.rate).momentum(options.momentum).weight_decay(options.weight_decay));
  }
  if (options.name == "adam") {
    return make<AdamW>(parameters, AdamWOptions(options.rate).weight_decay(options.weight_decay));
  }
  return make<Adagrad>(parameters, AdagradOptions(options.rate).weight_decay(options.weight_decay));
}

std::unique_ptr<OptimizerParamState> new_state(const std::string& optimiser) {
  if (optimiser == "sgd") return std::make_unique<torch::optim::SGDParamState>();
  if (optimiser == "adam") return std::make_unique<torch::optim::AdamWParamState>();
  return std::make_unique<torch::optim::AdagradParamState>();
}

/// Calls visit(name, field) with each counter and tensor that the optimiser keeps for a parameter.
template <class Visit>
void visit_fields(const std::string& optimiser, OptimizerParamState& state, const Visit& visit) {
  if (optimiser == "sgd") {
    visit("momentum_buffer", static_cast<torch::optim::SGDParamState&>(state).momentum_buffer());
  } else if (optimiser == "adam") {
    auto& adam = static_cast<torch::optim::AdamWParamState&>(state);
    visit("step", adam.step());
    visit("exp_avg", adam.exp_avg());
    visit("exp_avg_sq", adam.exp_avg_sq());
  } else {
    auto& adagrad = static_cast<torch::optim::AdagradParamState&>(state);
    visit("step", adagrad.step());
    visit("sum", adagrad.sum());
  }
}

/// What LibTorch files the state of a parameter under: text in version 1, the pointer in version 2.
template <class Key>
Key key_of(const at::Tensor& parameter) {
  if constexpr (std::is_same_v<Key, std::string>) {
    std::ostringstream text;
    text << parameter.unsafeGetTensorImpl();
    return text.str();
  } else {
    return parameter.unsafeGetTensorImpl();
  }
}

double gradient_norm(const std::vector<at::Tensor>& parameters) {
  double squares = 0;
  for (const at::Tensor& parameter : parameters) {
    if (!parameter.grad().defined()) continue;
    const double norm = parameter.grad().norm().item<double>();
    squares += norm * norm;
  }
  return std::sqrt(squares);
}

}  // namespace

struct Optimiser::Impl {
  std::vector<at::Tensor> parameters;
  OptimiserOptions options;
  std::unique_ptr<torch::optim::Optimizer> wrapped;

  using States = std::decay_t<decltype(wrapped->state())>;
  using Key = States::key_type;

  Impl(std::vector<at::Tensor> all, OptimiserOptions chosen)
      : parameters(std::move(all)), options(std::move(chosen)) {
    options.validate();
    wrapped = make(parameters, options);
  }

  /// Of parameter i, nullptr when it has none yet.
  OptimizerParamState* state_of(std::size_t i) const {
    States& states = wrapped->state();
    const auto found = states.find(key_of<Key>(parameters[i]));
    return found == states.end() ? nullptr : found->second.get();
  }

  std::unique_ptr<OptimizerParamState> read_state(std::size_t i,
                                                  const std::map<std::string, at::Tensor>& from,
                                                  std::set<std::string>& unread) const {
    const auto take = [&](const char* field) {
      const std::string name = fmt::format("{}.{}", i, field);
      const auto found = from.find(name);
      if (found == from.end()) fail("the optimiser's state lacks \"{}\"", name);
      unread.erase(name);
      return *found;
    };
    const auto read = [&]<class Field>(const char* field, Field& value) {
      const auto& [name, tensor] = take(field);
      if constexpr (std::is_same_v<Field, at::Tensor>) {
        if (tensor.sizes() != parameters[i].sizes()) {
          fail("the optimiser's \"{}\" does not have the shape of its parameter", name);
        }
        value = tensor.to(parameters[i].options(), /*non_blocking=*/false, /*copy=*/true);
      } else {
        if (tensor.numel() != 1) fail("the optimiser's \"{}\" does not have the shape [1]", name);
        value = tensor.template item<std::int64_t>();
      }
    };
    std::unique_ptr<OptimizerParamState> state = new_state(options.name);
    visit_fields(options.name, *state, read);
    return state;
  }
};

void OptimiserOptions::validate() const {
  if (name != "adagrad" && name != "sgd" && name != "adam") {
    fail<UsageError>("--optimiser must be adagrad, sgd or adam, not \"{}\"", name);
  }
  if (!(rate > 0 && std::isfinite(rate))) fail<UsageError>("--rate must be above 0, not {}", rate);
  if (!(momentum >= 0 && momentum < 1)) {
    fail<UsageError>("--momentum must be from 0 to below 1, not {}", momentum);
  }
  if (!(weight_decay >= 0 && std::isfinite(weight_decay))) {
    fail<UsageError>("--weight-decay must be 0 or more, not {}", weight_decay);
  }
  if (!(clip >= 0)) fail<UsageError>("--clip must be 0 or more, not {}", clip);
}

Optimiser::Optimiser(std::vector<at::Tensor> parameters, const OptimiserOptions& options)
    : impl_(std::make_unique<Impl>(std::move(parameters), options)) {}
Optimiser::~Optimiser() = default;
Optimiser::Optimiser(Optimiser&&) noexcept = default;
Optimiser& Optimiser::operator=(Optimiser&&) noexcept = default;

void Optimiser::set_rate(double rate) {
  for (OptimizerParamGroup& group : impl_->wrapped->param_groups()) group.options().set_lr(rate);
}

double Optimiser::step() {
  const double norm = gradient_norm(impl_->parameters);
  if (!std::isfinite(norm)) return norm;
  if (const double clip = impl_->options.clip; clip > 0 && norm > clip) {
    torch::nn::utils::clip_grad_norm_(impl_->parameters, clip);
  }
  impl_->wrapped->step();
  return norm;
}

void Optimiser::zero_grad() {
  impl_->wrapped->zero_grad();
}

std::map<std::string, at::Tensor> Optimiser::state() const {
  std::map<std::string, at::Tensor> result;
  for (std::size_t i = 0; i < impl_->parameters.size(); ++i) {
    OptimizerParamState* state = impl_->state_of(i);
    if (state == nullptr) continue;
    visit_fields(impl_->options.name, *state, [&]<class Field>(const char* field, Field& value) {
      const std::string name = fmt::format("{}.{}", i, field);
      if constexpr (std::is_same_v<Field, at::Tensor>) {
        result[name] = value.detach().clone();
      } else {
        result[name] = at::full({1}, value, at::kLong);
      }
    });
  }
  return result;
}

void Optimiser::restore(const std::map<std::string, at::Tensor>& state) {
  std::set<std::string> unread;
  for (const auto& [name, tensor] : state) unread.insert(name);
  Impl::States states;
  for (std::size_t i = 0; i < impl_->parameters.size(); ++i) {
    // A parameter that no gradient has reached has no state.
    const auto first = state.lower_bound(fmt::format("{}.", i));
    if (first == state.end() || !first->first.starts_with(fmt::format("{}.", i))) continue;
    states[key_of<Impl::Key>(impl_->parameters[i])] = impl_->read_state(i, state, unread);
  }
  if (!unread.empty()) {
    fail("the optimiser's state holds \"{}\", which {} does not keep for these parameters",
         *unread.begin(), impl_->options.name);
  }
  impl_->wrapped->state() = std::move(states);
}

}  // namespace facenet

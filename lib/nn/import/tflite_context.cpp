#include "nn/import/tflite_context.h"

#include <cstring>
#include <utility>

#include "base/error.h"

namespace facenet {
namespace {

/// The numbers of a tensor of four axes with its axes in another order.
std::vector<float> permuted(std::span<const float> values, const Shape& shape,
                            const AxisOrder& order) {
  std::array<std::int64_t, 4> stride{};
  std::int64_t step = 1;
  for (std::size_t axis = 4; axis-- > 0; step *= shape[axis]) stride[axis] = step;
  const auto extent = [&](std::size_t i) { return shape[static_cast<std::size_t>(order[i])]; };
  const auto pace = [&](std::size_t i) { return stride[static_cast<std::size_t>(order[i])]; };
  std::vector<float> result;
  result.reserve(values.size());
  for (std::int64_t a = 0; a < extent(0); ++a) {
    for (std::int64_t b = 0; b < extent(1); ++b) {
      for (std::int64_t c = 0; c < extent(2); ++c) {
        for (std::int64_t d = 0; d < extent(3); ++d) {
          result.push_back(values[static_cast<std::size_t>(a * pace(0) + b * pace(1) + c * pace(2) +
                                                           d * pace(3))]);
        }
      }
    }
  }
  return result;
}

/// Operators may share weights. A file that goes on like this takes far more memory than it has.
constexpr std::size_t kMostUses = 16;

}  // namespace

Shape permuted(const Shape& shape, const AxisOrder& order) {
  Shape result;
  for (const std::int64_t axis : order) result.push_back(shape[static_cast<std::size_t>(axis)]);
  return result;
}

void TfliteContext::unsupported(const std::string& what) const {
  fail("the operator {} with {} is not supported", op_->name, what);
}

const TfliteTensor& TfliteContext::tensor(std::int32_t index) const {
  return model_.tensors[static_cast<std::size_t>(index)];
}

Shape TfliteContext::shape_of(std::int32_t index) const {
  return {tensor(index).shape.begin(), tensor(index).shape.end()};
}

bool TfliteContext::has_input(std::size_t i) const {
  return i < op_->inputs.size() && op_->inputs[i] >= 0;
}

std::int32_t TfliteContext::input(std::size_t i) const {
  if (!has_input(i)) unsupported(fmt::format("no input {}", i));
  return op_->inputs[i];
}

Shape TfliteContext::image_shape(std::size_t i) const {
  Shape shape = shape_of(input(i));
  if (shape.size() != 4) unsupported(fmt::format("an input {} that is no image", i));
  return shape;
}

Shape TfliteContext::output_shape() const {
  return shape_of(op_->outputs[0]);
}

std::string TfliteContext::unique_name(const std::string& base) {
  std::string name = base;
  while (name.empty() || !names_.insert(name).second) name = builder_.fresh_name(base);
  return name;
}

std::string TfliteContext::name_value(std::int32_t index) {
  if (values_.contains(index)) fail("the value \"{}\" is made twice", tensor(index).name);
  return values_[index] = unique_name(tensor(index).name);
}

std::string TfliteContext::value(std::int32_t index) {
  const auto found = values_.find(index);
  if (found == values_.end()) {
    fail("the value \"{}\" is used before it is made", tensor(index).name);
  }
  named_ += found->second.size();
  if (named_ / kMostUses > model_.file_size) {
    fail("its operators use the same values again and again, \"{}\" for one", found->second);
  }
  return found->second;
}

template <class T>
std::vector<T> TfliteContext::numbers(std::int32_t index, tflite::TensorType type,
                                      const char* what) {
  const TfliteTensor& constant = tensor(index);
  if (constant.type != type || constant.data.empty()) {
    fail("the operator {} needs {}, which \"{}\" is not", op_->name, what, constant.name);
  }
  read_ += constant.data.size();
  if (read_ / kMostUses > model_.file_size) {
    fail("its operators use the same constants again and again, \"{}\" for one", constant.name);
  }
  std::vector<T> values(constant.data.size() / sizeof(T));
  std::memcpy(values.data(), constant.data.data(), constant.data.size());
  return values;
}

std::vector<float> TfliteContext::floats(std::int32_t index) {
  return numbers<float>(index, tflite::TensorType::FLOAT32, "a float32 constant");
}

std::vector<std::int32_t> TfliteContext::integers(std::int32_t index) {
  return numbers<std::int32_t>(index, tflite::TensorType::INT32, "a constant of whole numbers");
}

std::string TfliteContext::store(std::int32_t index, Shape shape, std::span<const float> values) {
  return builder_.add_tensor(unique_name(tensor(index).name), std::move(shape), values);
}

std::string TfliteContext::weights(std::size_t i, const AxisOrder& order) {
  const Shape shape = image_shape(i);
  return store(input(i), permuted(shape, order), permuted(floats(input(i)), shape, order));
}

std::string TfliteContext::matrix(std::size_t i) {
  const Shape shape = shape_of(input(i));
  if (shape.size() != 2) unsupported("weights that are no matrix");
  return store(input(i), shape, floats(input(i)));
}

void TfliteContext::add_bias(std::vector<std::string>& inputs) {
  if (has_input(2)) inputs.push_back(store(input(2), shape_of(input(2)), floats(input(2))));
}

std::string TfliteContext::operand(std::size_t i) {
  const std::int32_t index = input(i);
  const std::size_t rank = output_shape().size();
  Shape shape = shape_of(index);
  if (tensor(index).data.empty()) {
    if (rank == 4 && shape.size() != 4) unsupported("operands of different ranks");
    return value(index);
  }
  if (rank != 4) return store(index, shape, floats(index));
  if (shape.size() > 4) unsupported("a constant of more than four axes");
  shape.insert(shape.begin(), 4 - shape.size(), 1);
  const Shape channels_first = permuted(shape, kNhwcToNchw);
  return store(index, channels_first, permuted(floats(index), shape, kNhwcToNchw));
}

std::string TfliteContext::emit(const std::string& name, std::vector<std::string> inputs,
                                nlohmann::json attributes) {
  return builder_.add_node(name, std::move(inputs), name_value(op_->outputs[0]),
                           std::move(attributes));
}

std::string TfliteContext::emit_inner(const std::string& name, std::vector<std::string> inputs,
                                      nlohmann::json attributes) {
  return builder_.add_node(name, std::move(inputs), unique_name(op_->name), std::move(attributes));
}

void TfliteContext::emit_activated(const std::string& name, std::vector<std::string> inputs,
                                   nlohmann::json attributes,
                                   tflite::ActivationFunctionType activation) {
  using Activation = tflite::ActivationFunctionType;
  if (activation == Activation::NONE) {
    emit(name, std::move(inputs), std::move(attributes));
    return;
  }
  const std::string inner = emit_inner(name, std::move(inputs), std::move(attributes));
  switch (activation) {
    case Activation::RELU:
      emit("Relu", {inner});
      break;
    case Activation::RELU_N1_TO_1:
      emit("Clip", {inner}, {{"min", -1}, {"max", 1}});
      break;
    case Activation::RELU6:
      emit("Clip", {inner}, {{"min", 0}, {"max", 6}});
      break;
    case Activation::TANH:
      emit("Tanh", {inner});
      break;
    default:
      unsupported(fmt::format("the fused activation {}", static_cast<int>(activation)));
  }
}

}  // namespace facenet

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <flatbuffers/flatbuffers.h>

#include "nn/graph/graph_builder.h"
#include "nn/import/tflite_file.h"

namespace facenet {

using Shape = std::vector<std::int64_t>;
/// An order of four axes: which of the old axes each of the new ones is.
using AxisOrder = std::array<std::int64_t, 4>;

constexpr AxisOrder kNhwcToNchw = {0, 3, 1, 2};
constexpr AxisOrder kNchwToNhwc = {0, 2, 3, 1};
constexpr AxisOrder kOhwiToOihw = {0, 3, 1, 2};
constexpr AxisOrder kDepthwiseToOihw = {3, 0, 1, 2};  ///< from 1HWO

Shape permuted(const Shape& shape, const AxisOrder& order);

/// What translating one operator of a TensorFlow Lite file after the other needs: the operator at
/// hand, its tensors in the graph's layout, and the graph that grows. Values of four axes are
/// images: NHWC in the file, NCHW in the graph. Values of other ranks stay as they are.
/// Every member throws Error naming the operator or tensor when the file does not have what is
/// asked for.
class TfliteContext {
 public:
  explicit TfliteContext(const TfliteModel& model) : model_(model) {}

 protected:
  const TfliteModel& model() const { return model_; }
  GraphBuilder& builder() { return builder_; }

  void select(const TfliteOperator& op) { op_ = &op; }
  const TfliteOperator& op() const { return *op_; }
  [[noreturn]] void unsupported(const std::string& what) const;
  /// The options of the operator, of the kind that it must have. Options that the file leaves out
  /// have the values of a table without fields.
  template <class Options>
  const Options& options() const;

  const TfliteTensor& tensor(std::int32_t index) const;
  Shape shape_of(std::int32_t index) const;
  bool has_input(std::size_t i) const;
  std::int32_t input(std::size_t i) const;
  Shape image_shape(std::size_t i) const;
  bool input_is_image() const { return shape_of(input(0)).size() == 4; }
  Shape output_shape() const;

  /// The graph's name for a value of the file: new when the value is made, then looked up.
  std::string name_value(std::int32_t index);
  std::string value(std::int32_t index);

  std::vector<std::int32_t> integers(std::int32_t index);
  std::string weights(std::size_t i, const AxisOrder& order);
  std::string matrix(std::size_t i);
  /// Appends input 2, where there is one.
  void add_bias(std::vector<std::string>& inputs);
  /// An operand of an elementwise operator; a constant is laid out to fit the result's rank.
  std::string operand(std::size_t i);

  /// Appends a node that makes the operator's output, or, inner, a value on the way to it.
  std::string emit(const std::string& name, std::vector<std::string> inputs,
                   nlohmann::json attributes = nlohmann::json::object());
  std::string emit_inner(const std::string& name, std::vector<std::string> inputs,
                         nlohmann::json attributes);
  /// emit() followed by the activation that TensorFlow Lite fused into the operator.
  void emit_activated(const std::string& name, std::vector<std::string> inputs,
                      nlohmann::json attributes, tflite::ActivationFunctionType activation);

 private:
  template <class Options>
  static const Options& default_options();
  std::string unique_name(const std::string& base);
  /// The constant as numbers of type T; `what` says in an error what the operator needs.
  template <class T>
  std::vector<T> numbers(std::int32_t index, tflite::TensorType type, const char* what);
  std::vector<float> floats(std::int32_t index);
  std::string store(std::int32_t index, Shape shape, std::span<const float> values);

  const TfliteModel& model_;
  const TfliteOperator* op_ = nullptr;
  GraphBuilder builder_;
  std::map<std::int32_t, std::string> values_;
  std::set<std::string> names_;
  std::size_t read_ = 0;   ///< bytes of constants, as often as they were read
  std::size_t named_ = 0;  ///< bytes of names, as often as they were used
};

template <class Options>
const Options& TfliteContext::default_options() {
  static const flatbuffers::DetachedBuffer bytes = [] {
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(typename Options::Builder(builder).Finish());
    return builder.Release();
  }();
  return *flatbuffers::GetRoot<Options>(bytes.data());
}

template <class Options>
const Options& TfliteContext::options() const {
  if (op_->table->builtin_options() == nullptr) return default_options<Options>();
  const auto* options = op_->table->builtin_options_as<Options>();
  if (options == nullptr) unsupported("options of another operator");
  return *options;
}

}  // namespace facenet

#include "nn/import/dlib.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "nn/graph/graph.h"
#include "nn/graph/graph_builder.h"
#include "nn/import/dlib_stream.h"
#include "nn/import/import_graph.h"
#include "weights/mmod_settings.h"

namespace facenet {
namespace {

/// Of one image: [channels, rows, columns]; 0 rows and columns where any size goes.
using ImageShape = std::array<std::int64_t, 3>;

/// Far beyond any network, and small enough that no product of four overflows.
constexpr std::int64_t kLargestExtent = 1 << 12;
constexpr std::int64_t kMostChannels = 1 << 16;

struct Value {
  std::string name;
  ImageShape shape{};
};

/// A layer's window over its input's rows [0] and columns [1].
struct Window {
  std::array<std::int64_t, 2> size{}, stride{}, padding{};
};

/// What the file's nesting of templates says of a layer.
enum class Nesting {
  kLayer,  ///< one that computes
  kMark,   ///< a tag, which names a value, or a skip, which takes up a named one
  kFirst,  ///< the layer that holds the input
};

/// Follows a network of dlib from its input to its output, layer by layer, as the file has them
/// after the nesting of the types. The file leaves out which tag a skip or an addition means.
/// dlib's networks know two arrangements, the residual blocks of dlib's ResNet, and both are told
/// by the nesting: an addition adds the value tagged last, and a skip follows a tag and takes up
/// the value tagged before that one.
class Translator {
 public:
  explicit Translator(std::span<const std::byte> bytes) : stream_(bytes) {}

  ImportedGraph translate() {
    read_loss();
    const std::vector<Nesting> nesting = read_nesting();
    read_input();
    for (std::size_t i = nesting.size(); i-- > 0;) {
      if (nesting[i] != Nesting::kMark) {
        read_layer(nesting[i]);
        continue;
      }
      tags_.push_back(value_);
      const bool is_skip_next = i > 0 && nesting[i - 1] == Nesting::kMark;
      if (!is_skip_next) continue;
      --i;
      skip();
    }
    if (!tags_.empty()) fail("a tag of its network is used by no layer");
    if (!stream_.at_end()) fail("there is more in it after its network");
    return finish();
  }

 private:
  using Rule = void (Translator::*)();

  void read_loss() {
    stream_.integer(1, 1, "version of the loss");
    const std::string loss = stream_.text();
    if (loss == "loss_metric_2") {
      stream_.number();  // margin
      stream_.number();  // distance threshold
    } else if (loss == "loss_mmod_") {
      read_mmod_options();
    } else if (loss != "loss_metric_") {
      fail("its loss \"{}\" is neither an embedder's nor a detector's", loss);
    }
  }

  void read_mmod_options() {
    constexpr std::int64_t kMostWindows = 64;
    MmodSettings& mmod = mmod_.emplace();
    const std::int64_t version = stream_.integer(1, 4, "version of the detector's options");
    const std::int64_t windows =
        version == 1 ? 1 : stream_.integer(1, kMostWindows, "number of windows");
    for (std::int64_t i = 0; i < windows; ++i) {
      const std::int64_t window_version =
          version == 1 ? 1 : stream_.integer(1, 2, "version of a window");
      const int width = small("window's width");
      mmod.windows.push_back({width, small("window's height")});
      if (window_version == 2) stream_.text();  // label
    }
    for (int i = 0; i < 3; ++i) stream_.number();  // what training loses by which mistake
    mmod.most_shared = stream_.number();
    mmod.most_covered = stream_.number();
    for (int i = 0; i < 2; ++i) stream_.number();  // overlap with what training ignores
    constexpr std::uint8_t kPyramid = 1;
    if (version >= 3 && stream_.byte() != kPyramid)
      fail("its detector was made for one size of faces");
    if (version >= 4) {
      if (stream_.boolean()) fail("its detector corrects its boxes, which is not supported");
      stream_.number();
    }
  }

  int small(const char* what) { return static_cast<int>(stream_.integer(0, kLargestExtent, what)); }

  std::vector<Nesting> read_nesting() {
    std::vector<Nesting> nesting;
    do {
      // Versions of dlib::add_tag_layer and add_skip_layer, of add_layer, of add_layer on an input.
      const std::int64_t version = stream_.integer(1, 3, "version of a layer");
      nesting.push_back(version == 1   ? Nesting::kMark
                        : version == 2 ? Nesting::kLayer
                                       : Nesting::kFirst);
    } while (nesting.back() != Nesting::kFirst);
    return nesting;
  }

  void read_input() {
    const std::string input = stream_.text();
    for (int channel = 0; channel < 3; ++channel) stream_.number();  // mean; known_models() has it
    value_ = {"input", {3, 0, 0}};
    if (input == "input_rgb_image_sized") {
      value_.shape[1] = small("image's height");
      value_.shape[2] = small("image's width");
    } else if (input == "input_rgb_image_pyramid" || input == "input_rgb_image_pyramid2") {
      if (!mmod_) fail("its embedder looks at pyramids of images");
      const bool is_said = input.ends_with('2');
      mmod_->padding = is_said ? small("pyramid's padding") : 10;
      mmod_->outer_padding = is_said ? small("pyramid's outer padding") : 11;
    } else if (input != "input_rgb_image") {
      fail("its input \"{}\" is not a colour image", input);
    }
    builder_.graph().inputs = {value_.name};
    builder_.graph().input_shape = {0, 3, value_.shape[1], value_.shape[2]};
  }

  void read_layer(Nesting nesting) {
    static const std::map<std::string, Rule> rules = {
        {"add_prev_", &Translator::add_previous},
        {"affine_", &Translator::affine},
        {"affine_2", &Translator::affine_2},
        {"avg_pool_2", &Translator::average_pool},
        {"bn_con2", &Translator::batch_normalisation},
        {"con_4", &Translator::convolution},
        {"con_5", &Translator::convolution_5},
        {"fc_2", &Translator::dense},
        {"fc_3", &Translator::dense_3},
        {"max_pool_2", &Translator::max_pool},
        {"relu_", &Translator::relu},
    };
    const std::string layer = stream_.text();
    const auto rule = rules.find(layer);
    if (rule == rules.end()) fail("the layer \"{}\" is not supported", layer);
    (this->*rule->second)();
    // The state of training: three flags, then gradients and outputs.
    for (int i = 0; i < 3; ++i) stream_.boolean();
    for (int i = 0; i < 3; ++i) stream_.tensor();
    if (nesting == Nesting::kFirst) stream_.integer(1, 1, "number of samples for one image");
  }

  void emit(const std::string& op, std::vector<std::string> inputs,
            nlohmann::json attributes = nlohmann::json::object()) {
    const std::string name = builder_.fresh_name(op);
    value_.name = builder_.add_node(op, std::move(inputs), name, std::move(attributes));
  }

  std::string constant(const char* what, std::vector<std::int64_t> shape,
                       std::span<const float> values) {
    return builder_.add_tensor(builder_.fresh_name(what), std::move(shape), values);
  }

  Window read_window() {
    Window window;
    for (auto* pair : {&window.size, &window.stride, &window.padding}) {
      for (std::int64_t& extent : *pair) extent = small("window's extent");
    }
    if (window.stride[0] < 1 || window.stride[1] < 1) fail("a window of its network stands still");
    return window;
  }

  /// After a window that leaves `channels` channels: the value's shape, and where a detection lies.
  void slide(const Window& window, std::int64_t channels) {
    value_.shape[0] = channels;
    for (const std::size_t axis : {0U, 1U}) {
      std::int64_t& extent = value_.shape[axis + 1];
      const std::int64_t room = extent + 2 * window.padding[axis] - window.size[axis];
      if (extent > 0 && room < 0) fail("a window of its network is larger than its input");
      if (extent > 0) extent = room / window.stride[axis] + 1;
      first_[axis] += step_[axis] * (window.size[axis] / 2 - window.padding[axis]);
      step_[axis] *= window.stride[axis];
      if (std::max({extent, std::abs(first_[axis]), step_[axis]}) > kLargestExtent) {
        fail("its windows and steps are too large");
      }
    }
  }

  static nlohmann::json attributes_of(const Window& window) {
    const auto& padding = window.padding;
    return {{"strides", window.stride}, {"pads", {padding[0], padding[1], padding[0], padding[1]}}};
  }

  void convolution() { convolution(false); }
  void convolution_5() { convolution(true); }

  void convolution(bool says_bias) {
    const DlibTensor parameters = stream_.tensor();
    const std::int64_t filters = stream_.integer(1, kMostChannels, "number of filters");
    const Window window = read_window();
    const auto shape = stream_.alias_shape();
    const auto bias_shape = stream_.alias_shape();
    for (int i = 0; i < 4; ++i) stream_.number();  // how fast training went
    const bool has_bias = !says_bias || stream_.boolean();

    const std::array expected{filters, value_.shape[0], window.size[0], window.size[1]};
    const std::array<std::int64_t, 4> expected_bias{1, filters, 1, 1};
    const std::int64_t biases = has_bias ? filters : 0;
    const std::int64_t weights = filters * expected[1] * expected[2] * expected[3];
    if (shape != expected || (has_bias && bias_shape != expected_bias) || weights == 0 ||
        std::ssize(parameters.values) != weights + biases) {
      fail("the weights of a convolution do not fit it");
    }
    const auto split = static_cast<std::size_t>(weights);
    const std::span<const float> values(parameters.values);
    std::vector<std::string> inputs = {
        value_.name, constant("filters", {shape.begin(), shape.end()}, values.first(split))};
    if (has_bias) inputs.push_back(constant("bias", {filters}, values.subspan(split)));
    emit("Conv", std::move(inputs), attributes_of(window));
    slide(window, filters);
  }

  void affine() { affine(false); }
  void affine_2() { affine(true); }

  /// gamma * x + beta, one number of each a channel.
  void affine(bool says_disabled) {
    constexpr std::int64_t kPerChannel = 0;
    const DlibTensor parameters = stream_.tensor();
    const auto gamma_shape = stream_.alias_shape();
    const auto beta_shape = stream_.alias_shape();
    if (stream_.integer() != kPerChannel) fail("an affine layer is not one of channels");
    if (says_disabled && stream_.boolean()) return;

    const std::int64_t channels = value_.shape[0];
    const std::array<std::int64_t, 4> expected{1, channels, 1, 1};
    const std::span<const float> values(parameters.values);
    if (gamma_shape != expected || beta_shape != expected || std::ssize(values) != 2 * channels) {
      fail("the numbers of an affine layer do not fit it");
    }
    const auto half = static_cast<std::size_t>(channels);
    const std::vector<std::int64_t> shape = {channels, 1, 1};
    emit("Mul", {value_.name, constant("gamma", shape, values.first(half))});
    emit("Add", {value_.name, constant("beta", shape, values.last(half))});
  }

  /// Runs as an affine layer does: with the statistics that training gathered.
  void batch_normalisation() {
    const DlibTensor parameters = stream_.tensor();
    stream_.alias_shape();
    stream_.alias_shape();
    stream_.tensor();  // means and deviations of the last batch
    stream_.tensor();
    const DlibTensor means = stream_.tensor();
    const DlibTensor variances = stream_.tensor();
    stream_.integer();  // how the statistics were gathered
    stream_.integer();
    for (int i = 0; i < 4; ++i) stream_.number();  // how fast training went
    const double epsilon = stream_.number();

    const std::int64_t channels = value_.shape[0];
    if (std::ssize(parameters.values) != 2 * channels || std::ssize(means.values) != channels ||
        std::ssize(variances.values) != channels) {
      fail("the numbers of a batch normalisation do not fit it");
    }
    const auto half = static_cast<std::size_t>(channels);
    const std::span<const float> values(parameters.values);
    emit("BatchNormalization",
         {value_.name, constant("gamma", {channels}, values.first(half)),
          constant("beta", {channels}, values.last(half)),
          constant("mean", {channels}, means.values),
          constant("variance", {channels}, variances.values)},
         {{"epsilon", epsilon}});
  }

  void relu() { emit("Relu", {value_.name}); }
  void max_pool() { pool("MaxPool"); }
  void average_pool() { pool("AveragePool"); }

  void pool(const std::string& op) {
    const Window window = read_window();
    if (window.size[0] == 0 && window.size[1] == 0) {
      if (op == "MaxPool") fail("a maximum over the whole image is not supported");
      emit("GlobalAveragePool", {value_.name});
      value_.shape[1] = value_.shape[2] = 1;
      return;
    }
    if (window.size[0] == 0 || window.size[1] == 0) fail("a window of its network is empty");
    nlohmann::json attributes = attributes_of(window);
    attributes["kernel_shape"] = window.size;
    emit(op, {value_.name}, std::move(attributes));
    slide(window, value_.shape[0]);
  }

  void dense() { dense(false); }
  void dense_3() { dense(true); }

  void dense(bool says_bias) {
    const std::int64_t outputs = stream_.integer(1, kMostChannels, "number of outputs");
    const std::int64_t inputs = stream_.integer(1, 1 << 24, "number of inputs");
    const DlibTensor parameters = stream_.tensor();
    stream_.alias_shape();
    stream_.alias_shape();
    bool has_bias = stream_.integer(0, 1, "kind of bias") == 0;
    for (int i = 0; i < 4; ++i) stream_.number();  // how fast training went
    if (says_bias) has_bias = stream_.boolean() && has_bias;

    const auto weights = static_cast<std::size_t>(inputs * outputs);
    const std::size_t biases = has_bias ? static_cast<std::size_t>(outputs) : 0;
    const ImageShape& shape = value_.shape;
    if (shape[0] * shape[1] * shape[2] != inputs || parameters.values.size() != weights + biases) {
      fail("the weights of a dense layer do not fit it");
    }
    const std::span<const float> values(parameters.values);
    emit("Flatten", {value_.name});
    std::vector<std::string> operands = {
        value_.name, constant("weights", {inputs, outputs}, values.first(weights))};
    if (has_bias) operands.push_back(constant("bias", {outputs}, values.last(biases)));
    emit("Gemm", std::move(operands));
    value_.shape = {outputs, 1, 1};
  }

  void skip() {
    if (tags_.size() < 2) fail("a tag that its network goes back to is missing");
    value_ = tags_[tags_.size() - 2];
    tags_.erase(tags_.end() - 2);
  }

  /// dlib adds values of different shapes as if the smaller went on with zeros.
  void add_previous() {
    if (tags_.empty()) fail("a tag that its network adds is missing");
    const Value previous = tags_.back();
    tags_.pop_back();
    ImageShape shape{};
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      shape[axis] = std::max(value_.shape[axis], previous.shape[axis]);
    }
    if (shape[1] == 0 || shape[2] == 0) fail("values of unknown size are added");
    const std::string a = enlarged(value_, shape);
    const std::string b = enlarged(previous, shape);
    emit("Add", {a, b});
    value_.shape = shape;
  }

  std::string enlarged(const Value& value, const ImageShape& shape) {
    if (value.shape == shape) return value.name;
    const auto more = [&](std::size_t axis) { return shape[axis] - value.shape[axis]; };
    emit("Pad", {value.name}, {{"pads", {0, 0, 0, 0, 0, more(0), more(1), more(2)}}});
    return value_.name;
  }

  ImportedGraph finish() {
    builder_.graph().outputs = {value_.name};
    ImportedGraph imported = builder_.take();
    if (mmod_) {
      if (value_.shape[0] != std::ssize(mmod_->windows)) {
        fail("its network does not give one map for each window");
      }
      for (const std::size_t axis : {0U, 1U}) {
        mmod_->first[1 - axis] = static_cast<int>(first_[axis]);
        mmod_->step[1 - axis] = static_cast<int>(step_[axis]);
      }
      imported.metadata[kMmodKey] = to_text(*mmod_);
    }
    return imported;
  }

  DlibStream stream_;
  GraphBuilder builder_;
  Value value_;              ///< the output of the layer read last
  std::vector<Value> tags_;  ///< those that no layer has used yet
  std::optional<MmodSettings> mmod_;
  /// Cell i of the last layer is centred on input row (column) first + i * step.
  std::array<std::int64_t, 2> first_{0, 0}, step_{1, 1};
};

}  // namespace

ImportedGraph import_dlib(const MappedFile& file) {
  return import_graph(file.path(), [&] { return Translator(file.bytes()).translate(); });
}

}  // namespace facenet

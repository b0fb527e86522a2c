#include "nn/import/tflite_file.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <type_traits>

#include "base/error.h"

namespace facenet {
namespace {

template <class T>
T load(std::span<const std::byte> bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string operator_name(std::int32_t code) {
  static const std::map<std::int32_t, const char*> names = {{0, "ADD"},
                                                            {1, "AVERAGE_POOL_2D"},
                                                            {2, "CONCATENATION"},
                                                            {3, "CONV_2D"},
                                                            {4, "DEPTHWISE_CONV_2D"},
                                                            {6, "DEQUANTIZE"},
                                                            {9, "FULLY_CONNECTED"},
                                                            {11, "L2_NORMALIZATION"},
                                                            {14, "LOGISTIC"},
                                                            {17, "MAX_POOL_2D"},
                                                            {18, "MUL"},
                                                            {19, "RELU"},
                                                            {21, "RELU6"},
                                                            {22, "RESHAPE"},
                                                            {23, "RESIZE_BILINEAR"},
                                                            {25, "SOFTMAX"},
                                                            {28, "TANH"},
                                                            {34, "PAD"},
                                                            {39, "TRANSPOSE"},
                                                            {40, "MEAN"},
                                                            {41, "SUB"},
                                                            {42, "DIV"},
                                                            {43, "SQUEEZE"},
                                                            {45, "STRIDED_SLICE"},
                                                            {47, "EXP"},
                                                            {54, "PRELU"},
                                                            {59, "NEG"},
                                                            {67, "TRANSPOSE_CONV"},
                                                            {74, "SUM"},
                                                            {82, "REDUCE_MAX"},
                                                            {97, "RESIZE_NEAREST_NEIGHBOR"},
                                                            {98, "LEAKY_RELU"},
                                                            {101, "ABS"},
                                                            {114, "QUANTIZE"}};
  const auto found = names.find(code);
  return found == names.end() ? fmt::format("operator {}", code) : found->second;
}

}  // namespace

template <class T>
T TfliteOptions::get(std::size_t field, T otherwise) const {
  if (fields_[field].empty()) return otherwise;
  if (fields_[field].size() < sizeof(T)) fail("the options of an operator are cut short");
  return load<T>(fields_[field]);
}

std::int32_t TfliteOptions::integer(std::size_t field, std::int32_t otherwise) const {
  return get(field, otherwise);
}

std::int8_t TfliteOptions::small(std::size_t field, std::int8_t otherwise) const {
  return get(field, otherwise);
}

float TfliteOptions::number(std::size_t field, float otherwise) const {
  return get(field, otherwise);
}

/// A flatbuffer is tables that point forward to their parts by 32-bit distances, and back to a
/// table of their fields' places. Tables are named here by their position in the file.
class TfliteReader {
 public:
  TfliteReader(std::span<const std::byte> file, const std::string& path)
      : file_(file), path_(path) {}

  TfliteModel read() const {
    if (file_.size() < 8 || std::memcmp(file_.data() + 4, "TFL3", 4) != 0) {
      damaged("it is not in the TensorFlow Lite format");
    }
    const std::size_t root = follow(0);
    const auto subgraphs = tables(root, 2);
    if (subgraphs.size() != 1) damaged("it does not have exactly one subgraph");
    const std::size_t subgraph = subgraphs[0];
    TfliteModel model;
    model.tensors = read_tensors(root, subgraph);
    model.operators = read_operators(root, subgraph);
    model.inputs = integers(subgraph, 1);
    model.outputs = integers(subgraph, 2);
    check_indices(model);
    return model;
  }

 private:
  [[noreturn]] void damaged(const std::string& what) const {
    fail("{}: cannot be read: {}; get the file again", path_, what);
  }

  std::span<const std::byte> bytes(std::size_t position, std::size_t count) const {
    if (position > file_.size() || count > file_.size() - position) {
      damaged("it is cut short or damaged");
    }
    return file_.subspan(position, count);
  }

  template <class T>
  T at(std::size_t position) const {
    return load<T>(bytes(position, sizeof(T)));
  }

  std::size_t follow(std::size_t position) const { return position + at<std::uint32_t>(position); }

  /// Position of a table's field, 0 when the table does not have it.
  std::size_t field(std::size_t table, std::size_t index) const {
    const std::int64_t fields = static_cast<std::int64_t>(table) - at<std::int32_t>(table);
    if (fields < 0) damaged("it is cut short or damaged");
    const auto position = static_cast<std::size_t>(fields);
    const std::size_t entry = 4 + 2 * index;
    if (entry + 2 > at<std::uint16_t>(position)) return 0;
    const std::size_t distance = at<std::uint16_t>(position + entry);
    return distance == 0 ? 0 : table + distance;
  }

  template <class T>
  T scalar(std::size_t table, std::size_t index, T otherwise) const {
    const std::size_t position = field(table, index);
    return position == 0 ? otherwise : at<T>(position);
  }

  /// The elements of a vector field, each `size` bytes; empty when the table does not have it.
  std::span<const std::byte> vector(std::size_t table, std::size_t index, std::size_t size) const {
    const std::size_t position = field(table, index);
    if (position == 0) return {};
    const std::size_t start = follow(position);
    return bytes(start + 4, std::size_t{at<std::uint32_t>(start)} * size);
  }

  std::string text(std::size_t table, std::size_t index) const {
    const auto characters = vector(table, index, 1);
    return {reinterpret_cast<const char*>(characters.data()), characters.size()};
  }

  std::vector<std::int32_t> integers(std::size_t table, std::size_t index) const {
    const auto data = vector(table, index, 4);
    std::vector<std::int32_t> values;
    for (std::size_t i = 0; i < data.size(); i += 4) {
      values.push_back(load<std::int32_t>(data.subspan(i, 4)));
    }
    return values;
  }

  std::vector<std::size_t> tables(std::size_t table, std::size_t index) const {
    const auto data = vector(table, index, 4);
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < data.size(); i += 4) {
      positions.push_back(follow(static_cast<std::size_t>(data.data() - file_.data()) + i));
    }
    return positions;
  }

  std::vector<TfliteTensor> read_tensors(std::size_t root, std::size_t subgraph) const {
    const auto buffers = tables(root, 4);
    std::vector<TfliteTensor> tensors;
    for (const std::size_t table : tables(subgraph, 0)) {
      TfliteTensor tensor;
      tensor.name = text(table, 3);
      tensor.shape = integers(table, 0);
      tensor.type = static_cast<TfliteType>(scalar<std::int8_t>(table, 1, 0));
      const std::size_t buffer = scalar<std::uint32_t>(table, 2, 0);
      if (buffer >= buffers.size()) damaged("a tensor names a buffer that is not there");
      tensor.data = vector(buffers[buffer], 0, 1);
      check_size(tensor);
      tensors.push_back(std::move(tensor));
    }
    return tensors;
  }

  /// Extents are positive and small, and a constant has the bytes that they ask for.
  void check_size(const TfliteTensor& tensor) const {
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    std::int64_t elements = 1;
    for (const std::int32_t extent : tensor.shape) {
      if (extent < 1 || elements > kMost / extent) {
        damaged(fmt::format("tensor \"{}\" has no usable shape", tensor.name));
      }
      elements *= extent;
    }
    const bool known = tensor.type == TfliteType::kFloat32 || tensor.type == TfliteType::kInt32;
    if (known && !tensor.data.empty() && std::ssize(tensor.data) != elements * 4) {
      damaged(fmt::format("tensor \"{}\" has another length than its shape says", tensor.name));
    }
  }

  std::vector<TfliteOperator> read_operators(std::size_t root, std::size_t subgraph) const {
    const auto codes = tables(root, 1);
    std::vector<TfliteOperator> operators;
    for (const std::size_t table : tables(subgraph, 3)) {
      TfliteOperator result;
      const std::size_t code = scalar<std::uint32_t>(table, 0, 0);
      if (code >= codes.size()) damaged("an operator has no code");
      // Numbers above 127 did not fit the first field of the schema; files may fill either.
      const std::int32_t number = std::max<std::int32_t>(scalar<std::int8_t>(codes[code], 0, 0),
                                                         scalar<std::int32_t>(codes[code], 3, 0));
      const std::string custom = text(codes[code], 1);
      result.op = static_cast<TfliteOp>(number);
      result.name = custom.empty() ? operator_name(number) : "custom operator " + custom;
      result.inputs = integers(table, 1);
      result.outputs = integers(table, 2);
      if (const std::size_t options = field(table, 4); options != 0) {
        result.options = read_options(follow(options));
      }
      operators.push_back(std::move(result));
    }
    return operators;
  }

  TfliteOptions read_options(std::size_t table) const {
    TfliteOptions options;
    for (std::size_t i = 0; i < TfliteOptions::kMaxFields; ++i) {
      const std::size_t position = field(table, i);
      if (position == 0) continue;
      // A field is one or four bytes wide; a last one-byte field may stand at the file's end.
      bytes(position, 1);
      options.fields_[i] =
          file_.subspan(position, std::min<std::size_t>(4, file_.size() - position));
    }
    return options;
  }

  void check_indices(const TfliteModel& model) const {
    const auto check = [&](const std::vector<std::int32_t>& indices, std::int32_t least) {
      for (const std::int32_t index : indices) {
        if (index < least || index >= std::ssize(model.tensors)) {
          damaged("it names a tensor that is not there");
        }
      }
    };
    check(model.inputs, 0);
    check(model.outputs, 0);
    for (const TfliteOperator& op : model.operators) {
      check(op.inputs, -1);
      check(op.outputs, 0);
    }
  }

  std::span<const std::byte> file_;
  const std::string& path_;
};

TfliteModel read_tflite(std::span<const std::byte> file, const std::string& path) {
  return TfliteReader(file, path).read();
}

}  // namespace facenet

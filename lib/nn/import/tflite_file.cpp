#include "nn/import/tflite_file.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include <flatbuffers/flatbuffers.h>

#include "base/error.h"
#include "base/text.h"

namespace facenet {
namespace {

/// Every use of a value repeats its name, so a name of megabytes would make a graph of gigabytes.
constexpr std::size_t kLongestName = 255;
/// Bytes of a table that names its buffer, or its operator.
constexpr std::size_t kLeastTable = 8;

std::string name_of(const flatbuffers::String* text) {
  if (text == nullptr) return {};
  return to_valid_utf8(std::string_view(text->c_str(), text->size()).substr(0, kLongestName));
}

std::string operator_name(tflite::BuiltinOperator op, const flatbuffers::String* custom) {
  if (op == tflite::BuiltinOperator::CUSTOM) return "custom operator " + name_of(custom);
  const std::string name = tflite::EnumNameBuiltinOperator(op);
  return name.empty() ? fmt::format("operator {}", static_cast<std::int32_t>(op)) : name;
}

// A file may leave out any vector.

template <class T>
std::span<const T> elements(const flatbuffers::Vector<T>* vector) {
  if (vector == nullptr) return {};
  return {vector->data(), vector->size()};
}

template <class T>
std::vector<const T*> tables(const flatbuffers::Vector<flatbuffers::Offset<T>>* vector) {
  if (vector == nullptr) return {};
  return {vector->begin(), vector->end()};
}

class TfliteReader {
 public:
  TfliteReader(std::span<const std::byte> file, const std::string& path)
      : file_(file), path_(path) {}

  TfliteModel read() {
    const tflite::Model& root = verified_root();
    const auto subgraphs = tables(root.subgraphs());
    if (subgraphs.size() != 1) damaged("it does not have exactly one subgraph");
    TfliteModel model;
    model.tensors = read_tensors(root, *subgraphs[0]);
    model.operators = read_operators(root, *subgraphs[0]);
    model.inputs = elements(subgraphs[0]->inputs());
    model.outputs = elements(subgraphs[0]->outputs());
    model.file_size = file_.size();
    check_indices(model);
    return model;
  }

 private:
  [[noreturn]] void damaged(const std::string& what) const {
    fail("{}: cannot be read: {}; get the file again", path_, what);
  }

  [[noreturn]] void too_large() const {
    fail("{}: cannot be imported: its weights do not fit the 2 GB of a flatbuffer", path_);
  }

  const tflite::Model& verified_root() const {
    constexpr std::size_t kSmallest = 8;  // the root's place and the format's name
    if (file_.size() < kSmallest || !tflite::ModelBufferHasIdentifier(file_.data())) {
      damaged("it is not in the TensorFlow Lite format");
    }
    if (file_.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) too_large();
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(file_.data()),
                                   file_.size());
    if (!tflite::VerifyModelBuffer(verifier)) damaged("it is cut short or damaged");
    return *tflite::GetModel(file_.data());
  }

  /// In a whole file each of these has bytes of its own, and stands in a table of its own; parts of
  /// a damaged one may name the same bytes again and again, for more work than the size of the file
  /// says.
  void count(std::size_t bytes) {
    read_ += kLeastTable + bytes;
    if (read_ > file_.size()) damaged("it names the same bytes again and again");
  }

  std::vector<TfliteTensor> read_tensors(const tflite::Model& root,
                                         const tflite::SubGraph& subgraph) {
    const auto buffers = tables(root.buffers());
    std::vector<TfliteTensor> tensors;
    for (const tflite::Tensor* table : tables(subgraph.tensors())) {
      if (table->buffer() >= buffers.size()) damaged("a tensor names a buffer that is not there");
      const tflite::Buffer& buffer = *buffers[table->buffer()];
      if (buffer.offset() > 1) too_large();
      const TfliteTensor tensor{.name = name_of(table->name()),
                                .shape = elements(table->shape()),
                                .type = table->type(),
                                .data = std::as_bytes(elements(buffer.data()))};
      count(tensor.shape.size_bytes() + tensor.name.size());
      check_size(tensor);
      tensors.push_back(tensor);
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
    const bool known =
        tensor.type == tflite::TensorType::FLOAT32 || tensor.type == tflite::TensorType::INT32;
    if (known && !tensor.data.empty() && std::ssize(tensor.data) != elements * 4) {
      damaged(fmt::format("tensor \"{}\" has another length than its shape says", tensor.name));
    }
  }

  std::vector<TfliteOperator> read_operators(const tflite::Model& root,
                                             const tflite::SubGraph& subgraph) {
    const auto codes = tables(root.operator_codes());
    std::vector<TfliteOperator> operators;
    for (const tflite::Operator* table : tables(subgraph.operators())) {
      if (table->opcode_index() >= codes.size()) damaged("an operator has no code");
      const tflite::OperatorCode& code = *codes[table->opcode_index()];
      const auto op = std::max(static_cast<tflite::BuiltinOperator>(code.deprecated_builtin_code()),
                               code.builtin_code());
      operators.push_back({.op = op,
                           .name = operator_name(op, code.custom_code()),
                           .inputs = elements(table->inputs()),
                           .outputs = elements(table->outputs()),
                           .table = table});
      count(operators.back().inputs.size_bytes() + operators.back().outputs.size_bytes());
    }
    return operators;
  }

  void check_indices(const TfliteModel& model) const {
    const auto check = [&](std::span<const std::int32_t> indices, std::int32_t least) {
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
  std::size_t read_ = 0;
};

}  // namespace

TfliteModel read_tflite(std::span<const std::byte> file, const std::string& path) {
  return TfliteReader(file, path).read();
}

}  // namespace facenet

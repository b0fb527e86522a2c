#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace facenet {

/// Element types by their number in the TensorFlow Lite schema; others are kept as they stand.
enum class TfliteType : std::int8_t { kFloat32 = 0, kInt32 = 2 };

/// Operators by their number in the schema.
enum class TfliteOp : std::int32_t {
  kAdd = 0,
  kAveragePool2d = 1,
  kConcatenation = 2,
  kConv2d = 3,
  kDepthwiseConv2d = 4,
  kFullyConnected = 9,
  kLogistic = 14,
  kMaxPool2d = 17,
  kMul = 18,
  kRelu = 19,
  kRelu6 = 21,
  kReshape = 22,
  kSoftmax = 25,
  kTanh = 28,
  kPad = 34,
  kTranspose = 39,
  kMean = 40,
  kSub = 41,
  kDiv = 42,
  kSqueeze = 43,
  kExp = 47,
  kPrelu = 54,
  kNeg = 59,
  kSum = 74,
  kReduceMax = 82,
  kLeakyRelu = 98,
  kAbs = 101,
};

struct TfliteTensor {
  std::string name;
  std::vector<std::int32_t> shape;
  TfliteType type = TfliteType::kFloat32;
  std::span<const std::byte> data;  ///< in the file's bytes; empty for a value
};

/// The options of an operator, whatever its kind: numbers by their position in the schema's table.
/// Reading one that a damaged file has cut short throws Error.
class TfliteOptions {
 public:
  static constexpr std::size_t kMaxFields = 8;

  std::int32_t integer(std::size_t field, std::int32_t otherwise) const;
  std::int8_t small(std::size_t field, std::int8_t otherwise) const;
  float number(std::size_t field, float otherwise) const;

 private:
  friend class TfliteReader;
  template <class T>
  T get(std::size_t field, T otherwise) const;

  std::array<std::span<const std::byte>, kMaxFields> fields_;
};

struct TfliteOperator {
  TfliteOp op = TfliteOp::kAdd;
  std::string name;                   ///< "CONV_2D", "custom operator X", "operator 77"
  std::vector<std::int32_t> inputs;   ///< index of a tensor, -1 where an optional one is left out
  std::vector<std::int32_t> outputs;  ///< index of a tensor
  TfliteOptions options;
};

/// The one subgraph of a TensorFlow Lite file.
struct TfliteModel {
  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators;
  std::vector<std::int32_t> inputs;
  std::vector<std::int32_t> outputs;
};

/// Reads the flatbuffer in `file`, which must outlive the result. Every offset, length and index is
/// checked: bytes that were cut or altered give an Error that starts with `path`, never a crash.
TfliteModel read_tflite(std::span<const std::byte> file, const std::string& path);

}  // namespace facenet

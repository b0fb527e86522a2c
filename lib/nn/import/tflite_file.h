#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <tflite_generated.h>

namespace facenet {

struct TfliteTensor {
  std::string name;  ///< UTF-8, cut to what a name needs
  std::span<const std::int32_t> shape;
  tflite::TensorType type;
  std::span<const std::byte> data;  ///< empty for a value
};

struct TfliteOperator {
  tflite::BuiltinOperator op;
  std::string name;  ///< "CONV_2D", "custom operator X", "operator 77"
  std::span<const std::int32_t>
      inputs;  ///< index of a tensor, -1 where an optional one is left out
  std::span<const std::int32_t> outputs;  ///< index of a tensor
  const tflite::Operator* table;          ///< its options
};

/// The one subgraph of a TensorFlow Lite file. Spans and tables lie in the file's bytes.
struct TfliteModel {
  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators;
  std::span<const std::int32_t> inputs;
  std::span<const std::int32_t> outputs;
  std::size_t file_size = 0;
};

/// Reads the flatbuffer in `file`, which must outlive the result and begin at a multiple of 16, as
/// mapped and allocated memory does. All of it is verified before anything is read, and every index
/// and shape checked: bytes that were cut or altered give an Error that starts with `path`, never a
/// crash. The result takes memory in proportion to the file, whatever stands in it.
TfliteModel read_tflite(std::span<const std::byte> file, const std::string& path);

}  // namespace facenet

#include "nn/import/onnx.h"

#include "test/fuzz/foreign_weights.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  facenet::fuzz::try_reader({data, size}, facenet::import_onnx);
  return 0;
}

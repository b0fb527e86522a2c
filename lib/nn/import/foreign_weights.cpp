#include "nn/import/foreign_weights.h"

#include <chrono>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "nn/import/dlib.h"
#include "nn/import/onnx.h"
#include "nn/import/tflite.h"
#include "nn/runtime/graph_file.h"
#include "walls/walled_work.h"

namespace facenet {
namespace {

constexpr const char* kGraphKey = "graph";

ForeignWeights::Reader reader_of(const std::string& path) {
  if (path.ends_with(".onnx")) return import_onnx;
  if (path.ends_with(".tflite")) return import_tflite;
  if (path.ends_with(".dat")) return import_dlib;
  fail("{}: not an .onnx or .tflite file, nor a .dat file of dlib", path);
}

/// What the file may become: numbers of 16 bits take 32, and are in memory several times on the
/// way. The largest embedders that are published have 250 MB.
WorkLimits limits_for(const MappedFile& file) {
  constexpr std::int64_t kSmall = std::int64_t{1} << 28;
  const auto size = static_cast<std::int64_t>(file.bytes().size());
  const std::int64_t most_output = 4 * size + kSmall;
  return {.most_memory = 4 * most_output,
          .most_output = most_output,
          .most_time = std::chrono::minutes(2)};
}

SafetensorsFile convert(const std::string& path, const ForeignWeights::Reader& read) {
  const MappedFile file(path);
  MappedFile converted = work_behind_walls(path, limits_for(file), [&](std::ostream& out) {
    ImportedGraph network = read(file);
    network.metadata[kGraphKey] = to_json(network.graph).dump();
    write_safetensors(out, path, network.tensors, std::move(network.metadata));
  });
  return SafetensorsFile(std::move(converted));
}

ImportedGraph network_in(const SafetensorsFile& file) {
  ImportedGraph network;
  try {
    network = read_graph_file(file);
  } catch (const Error& error) {
    fail("{}: cannot be imported: {}", file.path(), error.what());
  }
  network.metadata = file.metadata();
  // Whoever writes the weights says these of the new file.
  network.metadata.erase(kGraphKey);
  network.metadata.erase("sha256");
  return network;
}

}  // namespace

ForeignWeights::ForeignWeights(const std::string& path) : ForeignWeights(path, reader_of(path)) {}

ForeignWeights::ForeignWeights(const std::string& path, const Reader& read)
    : file_(convert(path, read)), network_(network_in(file_)) {}

}  // namespace facenet

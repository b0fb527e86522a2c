#include "nn/runtime/describe.h"

#include <iterator>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "nn/runtime/graph_network.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

constexpr std::string_view kGraphKey = "graph";

}  // namespace

std::vector<LayerInfo> describe_layers(const std::string& path, int height, int width) {
  const SafetensorsFile file(path);
  std::vector<LayerInfo> layers;
  for (const auto& [key, value] : file.metadata()) {
    const bool is_part = key.starts_with("graph:");
    if (key != kGraphKey && !is_part) continue;
    const GraphNetwork network(file, is_part ? key.substr(kGraphKey.size() + 1) : "",
                               {.optimise = false});
    const auto& shape = network.input_shape();
    const auto extent = [&](std::size_t axis, int given) {
      return shape.size() == 4 && shape[axis] > 0 ? static_cast<int>(shape[axis]) : given;
    };
    auto part = network.describe(extent(1, 3), extent(2, height), extent(3, width));
    std::move(part.begin(), part.end(), std::back_inserter(layers));
  }
  if (layers.empty()) fail("{}: holds no network; give a weights file of facenet", path);
  return layers;
}

}  // namespace facenet

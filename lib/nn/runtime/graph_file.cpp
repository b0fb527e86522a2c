#include "nn/runtime/graph_file.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "nn/graph/graph_builder.h"
#include "nn/operators/operators.h"
#include "nn/runtime/tensor_view.h"

namespace facenet {
namespace {

Graph read_graph(const SafetensorsFile& file, const std::string& part) {
  const std::string key = part.empty() ? "graph" : "graph:" + part;
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) fail("it holds no network \"{}\"", key);
  return graph_from_json(nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false),
                         is_known_operator);
}

}  // namespace

ImportedGraph read_graph_file(const SafetensorsFile& file, const std::string& part) {
  ImportedGraph imported;
  imported.graph = read_graph(file, part);
  const std::string prefix = part.empty() ? "" : part + ".";
  for (const auto& [tensor, view] : file.tensors()) {
    if (!tensor.starts_with(prefix)) continue;
    const std::string inner = tensor.substr(prefix.size());
    if (view.type == TensorType::kFloat16) {
      const at::Tensor wide = own_copy(view);
      put_tensor(imported, inner, view.shape,
                 {wide.data_ptr<float>(), static_cast<std::size_t>(wide.numel())});
    } else {
      imported.tensors[inner] = view;
    }
  }
  return imported;
}

}  // namespace facenet

#include "nn/import/import_graph.h"

#include <cstdint>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "nn/graph/simplify.h"
#include "nn/operators/operators.h"

namespace facenet {

namespace {

/// What a weights file cannot hold: it is JSON, and its shapes are of small whole numbers.
void require_storable(const ImportedGraph& imported) {
  try {
    to_json(imported.graph).dump();
  } catch (const nlohmann::json::exception&) {
    fail("a name in it is not valid UTF-8");
  }
  for (const auto& [name, view] : imported.tensors)
    for (const std::int64_t extent : view.shape)
      if (extent < 0 || extent > std::numeric_limits<std::int32_t>::max())
        fail("the tensor \"{}\" has an extent of {}", name, extent);
}

}  // namespace

ImportedGraph import_graph(const std::string& path,
                           const std::function<ImportedGraph()>& translate) {
  try {
    ImportedGraph imported = translate();
    simplify(imported);
    require_storable(imported);
    imported.graph = graph_from_json(to_json(imported.graph), is_known_operator);
    return imported;
  } catch (const Error& error) {
    fail("{}: cannot be imported: {}", path, error.what());
  }
}

}  // namespace facenet

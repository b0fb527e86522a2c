#include "nn/import/import_graph.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "nn/graph/simplify.h"
#include "nn/operators/operators.h"

namespace facenet {

ImportedGraph import_graph(const std::string& path,
                           const std::function<ImportedGraph()>& translate) {
  try {
    ImportedGraph imported = translate();
    simplify(imported);
    imported.graph = graph_from_json(to_json(imported.graph), is_known_operator);
    return imported;
  } catch (const Error& error) {
    fail("{}: cannot be imported: {}", path, error.what());
  }
}

}  // namespace facenet

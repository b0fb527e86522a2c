#pragma once

#include <functional>
#include <string>

#include "nn/graph/graph.h"

namespace facenet {

/// What `translate` makes of the file `path`, simplified and checked: no node that the interpreter
/// could not run leaves an importer. Throws Error that names the file.
ImportedGraph import_graph(const std::string& path,
                           const std::function<ImportedGraph()>& translate);

}  // namespace facenet

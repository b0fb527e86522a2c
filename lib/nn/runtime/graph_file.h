#pragma once

#include <string>

#include "nn/graph/graph.h"

namespace facenet {

/// The network of a weights file with its tensors where they are mapped; those of half precision
/// are widened into memory that the result owns. `part` names one of several ("pnet"); its tensors
/// lose that prefix. Throws Error (without the file's name): no such network in it.
ImportedGraph read_graph_file(const SafetensorsFile& file, const std::string& part = "");

}  // namespace facenet

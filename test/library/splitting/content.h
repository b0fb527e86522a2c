#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// All that a catalog knows, a line each, sorted; facts under their numbers. Photos go by their
/// bytes, and faces by their places there, whatever numbers they have; people by their numbers.
std::vector<std::string> content_of(const Catalog& catalog);

}  // namespace facenet

#pragma once

#include <memory>

#include "base/ranks.h"
#include "pipeline/torch_functions.h"

namespace facenet {

/// The module that holds all code that needs LibTorch, facenet_torch.so (torch_functions.h says why
/// it stands apart), is loaded at the first call of one of these functions.

/// The table that the module's function `symbol` hands out. Throws Error when the installation
/// lacks the module, or has another version's.
const void* torch_module_table(const char* symbol);

/// What runs networks. Throws Error as above.
const TorchFunctions& torch_functions();

/// The processes that MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE name; nullptr where none of
/// them is set. Throws Error as above, and as RankConnection does.
std::unique_ptr<Ranks> ranks_of_environment();

}  // namespace facenet

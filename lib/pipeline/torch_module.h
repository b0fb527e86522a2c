#pragma once

#include "pipeline/torch_functions.h"

namespace facenet {

/// The module that holds all code that needs LibTorch, facenet_torch.so (torch_functions.h says why
/// it stands apart), is loaded at the first call of either function.

/// The table that the module's function `symbol` hands out. Throws Error when the installation
/// lacks the module, or has another version's.
const void* torch_module_table(const char* symbol);

/// What runs networks. Throws Error as above.
const TorchFunctions& torch_functions();

}  // namespace facenet

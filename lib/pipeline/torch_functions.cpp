#include "pipeline/torch_functions.h"

#include "nn/design/design_network.h"
#include "nn/import/import_model.h"
#include "nn/runtime/describe.h"
#include "nn/runtime/runtime.h"
#include "nn/runtime/script_network.h"
#include "pipeline/network_analyser.h"

extern "C" const facenet::TorchFunctions* facenet_torch_functions() {
  static constexpr facenet::TorchFunctions kFunctions{
      facenet::make_network_analyser, facenet::import_model,     facenet::describe_layers,
      facenet::probe_script,          facenet::describe_network, facenet::describe_compute_runtime};
  return &kFunctions;
}

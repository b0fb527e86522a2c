#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nn/import/import_model.h"
#include "pipeline/analyse.h"
#include "weights/model_info.h"
#include "weights/network_options.h"
#include "weights/script_options.h"

namespace facenet {

/// All that needs LibTorch, as a table of functions. Loading LibTorch takes half a second, and most
/// runs of the program (`people`, `catalog`, `cluster` when nothing is new) have no use for it, so
/// this stands in a module of its own, facenet_torch.so, which is loaded when it is first
/// needed.
struct TorchFunctions {
  std::unique_ptr<Analyser> (*make_analyser)(const AnalyserOptions& options);
  std::string (*import_model)(const std::vector<std::string>& files, const ImportOptions& options);
  std::vector<LayerInfo> (*describe_layers)(const std::string& path, int height, int width);
  ScriptOptions (*probe_script)(const std::string& path, ScriptOptions options);
  ModelDescription (*describe_network)(const std::string& name, const NetworkOptions& options);
  std::string (*describe_runtime)();
};

/// Name of the function by which the module hands out its table.
inline constexpr const char* kTorchFunctionsSymbol = "facenet_torch_functions";

}  // namespace facenet

extern "C" const facenet::TorchFunctions* facenet_torch_functions();

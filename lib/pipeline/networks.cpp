#include "pipeline/networks.h"

#include "nn/describe.h"
#include "nn/import_model.h"
#include "nn/networks/networks.h"
#include "nn/runtime.h"
#include "nn/script_network.h"
#include "pipeline/network_analyser.h"

extern "C" const facenet::Networks* facenet_networks() {
  static constexpr facenet::Networks kNetworks{
      facenet::make_network_analyser, facenet::import_model,     facenet::describe_layers,
      facenet::probe_script,          facenet::describe_network, facenet::describe_compute_runtime};
  return &kNetworks;
}

#include "nn/design/design_network.h"

#include <map>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/format.h"
#include "nn/runtime/graph_network.h"
#include "weights/known_designs.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

struct BuilderRow {
  NetworkDesign (*design)(const NetworkShape& shape);
  bool batch_norm_is_optional = true;
};

const std::map<std::string, BuilderRow>& builders() {
  static const std::map<std::string, BuilderRow> rows = {
      {"nn1", {design_nn1}},   {"nn2", {design_nn2}},
      {"nn4", {design_nn4}},   {"nns1", {design_nns1}},
      {"nns2", {design_nns2}}, {"inception-resnet-v1", {design_inception_resnet_v1, false}},
  };
  return rows;
}

const BuilderRow& builder_of(const ModelInfo& info) {
  const auto row = builders().find(info.network);
  if (row == builders().end()) {
    fail<UsageError>("the model {} is not designed by facenet: it comes with its weights",
                     info.name);
  }
  return row->second;
}

const ModelInfo& info_of(const std::string& name) {
  const KnownModel* model = find_known_model(name);
  if (model == nullptr) {
    std::vector<std::string> names;
    for (const KnownModel& design : known_designs()) names.push_back(design.info.name);
    fail<UsageError>("there is no network \"{}\"; facenet designs {}", name,
                     fmt::join(names, ", "));
  }
  return model->info;
}

}  // namespace

NetworkDesign design_network(const ModelInfo& info, const NetworkOptions& options) {
  options.validate();
  const BuilderRow& builder = builder_of(info);
  if (options.batch_norm && !builder.batch_norm_is_optional) {
    fail<UsageError>("the network {} has batch norm anyway; leave the option out", info.name);
  }
  return builder.design({.height = info.height,
                         .width = info.width,
                         .embedding = options.embedding > 0 ? options.embedding : info.embedding,
                         .batch_norm = options.batch_norm});
}

ModelInfo describe_design(const ModelInfo& info, const NetworkOptions& options) {
  ModelInfo described = info;
  if (options.embedding > 0) described.embedding = options.embedding;
  if (options.batch_norm) described.provenance["batch norm"] = "after every convolution";
  return described;
}

ModelDescription describe_network(const std::string& name, const NetworkOptions& options) {
  const ModelInfo& info = info_of(name);
  const NetworkDesign design = design_network(info, options);
  return {describe_design(info, options),
          GraphNetwork(design).describe(info.channels, info.height, info.width)};
}

void write_untrained(const std::string& path, const std::string& name,
                     const NetworkOptions& options, std::uint64_t seed, bool overwrite) {
  const ModelInfo& info = info_of(name);
  ModelInfo described = describe_design(info, options);
  described.provenance["weights"] =
      fmt::format("untrained: He initialisation with the seed {}", seed);
  const ImportedGraph imported = initialise(design_network(info, options), seed);
  write_safetensors(
      path, imported.tensors,
      {{"graph", to_json(imported.graph).dump()}, {"facenet", to_json(described).dump()}},
      overwrite);
}

}  // namespace facenet

#include "nn/import/import_model.h"

#include <algorithm>
#include <filesystem>
#include <list>
#include <utility>

#include <ATen/ATen.h>
#include <c10/util/accumulate.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "nn/design/design_network.h"
#include "nn/import/foreign_weights.h"
#include "nn/runtime/graph_network.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;

/// A source of a known model with the file that has its hash.
struct MatchedSource {
  KnownModel::Source source;
  std::string path;
};

/// Every source of `model` with its file, or nothing when the files are not exactly these.
std::vector<MatchedSource> match(const KnownModel& model, const std::vector<std::string>& files,
                                 const std::vector<std::string>& hashes) {
  std::vector<MatchedSource> matched;
  for (const KnownModel::Source& source : model.sources) {
    const auto found = std::find(hashes.begin(), hashes.end(), source.sha256);
    if (found == hashes.end() || files.size() != model.sources.size()) return {};
    matched.push_back({source, files[static_cast<std::size_t>(found - hashes.begin())]});
  }
  return matched;
}

[[noreturn]] void fail_wrong_files(const KnownModel& model, const std::vector<std::string>& files,
                                   const std::vector<std::string>& hashes) {
  std::vector<std::string> names;
  for (const auto& source : model.sources) names.push_back(source.file);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const bool is_known =
        std::any_of(model.sources.begin(), model.sources.end(),
                    [&](const KnownModel::Source& source) { return source.sha256 == hashes[i]; });
    if (!is_known) {
      fail("{}: its SHA-256 {} is not that of any file of {} ({}); get the published file",
           files[i], hashes[i], model.info.name, fmt::join(names, ", "));
    }
  }
  fail("the model {} consists of {} files: {}", model.info.name, names.size(),
       fmt::join(names, ", "));
}

std::pair<const KnownModel*, std::vector<MatchedSource>> recognise(
    const std::vector<std::string>& files, const std::string& name) {
  std::vector<std::string> hashes;
  for (const std::string& file : files) hashes.push_back(sha256_of_file(file).hex());
  if (!name.empty()) {
    const KnownModel* model = find_known_model(name);
    if (model->sources.empty()) {
      fail<UsageError>("import weights of {} with --network {}", name, name);
    }
    auto matched = match(*model, files, hashes);
    if (matched.empty()) fail_wrong_files(*model, files, hashes);
    return {model, std::move(matched)};
  }
  for (const KnownModel& model : known_models()) {
    if (model.sources.empty()) continue;
    auto matched = match(model, files, hashes);
    if (!matched.empty()) return {&model, std::move(matched)};
  }
  fail(
      "{}: not the files of a model that facenet knows, or not all of them; to import a new model, "
      "give it a --name",
      files[0]);
}

/// A file is made for one image at a time; importing it promises that batches work as well.
void check_batches(const std::string& path, const ImportedGraph& imported) {
  constexpr std::int64_t kAnySize = 128;  // the window of dlib's detector needs 80 pixels
  constexpr double kTolerance = 1e-4;
  const GraphNetwork network(imported);
  std::vector<std::int64_t> shape = network.input_shape();
  shape[0] = 3;
  std::replace(shape.begin() + 2, shape.end(), std::int64_t{0}, kAnySize);
  // Any input without symmetry will do; the same one every time keeps the import reproducible.
  const at::Tensor images =
      at::sin(at::arange(c10::multiply_integers(shape), at::kFloat)).reshape(shape);
  const auto together = network.run(images);
  for (std::int64_t i = 0; i < shape[0]; ++i) {
    const auto alone = network.run(images.narrow(0, i, 1));
    for (std::size_t k = 0; k < alone.size(); ++k) {
      const bool same = together[k].dim() > 0 && together[k].size(0) == shape[0] &&
                        at::allclose(together[k].narrow(0, i, 1), alone[k], kTolerance, kTolerance);
      if (!same) fail("{}: cannot be imported: its results mix the images of a batch", path);
    }
  }
}

/// What is to be written.
struct WeightsFile {
  ModelInfo info;
  std::map<std::string, std::string> metadata;
  std::map<std::string, TensorView> tensors;
  std::list<ForeignWeights> owners;  ///< of tensors
  ImportedGraph owner;               ///< of tensors that were converted
};

/// Copies the bytes of every tensor, so that their file may be unmapped.
void own(std::map<std::string, TensorView>& tensors, ImportedGraph& owner) {
  for (auto& [name, view] : tensors) {
    view.data = owner.storage.emplace_back(view.data.begin(), view.data.end());
  }
}

/// Stores fractions in 16 bits. Throws Error naming a tensor with numbers beyond their range.
void halve(std::map<std::string, TensorView>& tensors, ImportedGraph& owner) {
  for (auto& [name, view] : tensors) {
    if (view.type != TensorType::kFloat32) continue;
    at::Tensor wide = at::empty(view.shape, at::kFloat);
    std::copy(view.data.begin(), view.data.end(), static_cast<std::byte*>(wide.data_ptr()));
    const at::Tensor half = wide.to(at::kHalf);
    if (!at::isfinite(half).all().item<bool>()) {
      fail("the tensor \"{}\" has numbers too large for 16 bits; import without --half", name);
    }
    const auto* bytes = static_cast<const std::byte*>(half.data_ptr());
    view.type = TensorType::kFloat16;
    view.data = owner.storage.emplace_back(bytes, bytes + half.numel() * 2);
  }
}

bool is_new_name(const std::string& name) {
  return !name.empty() && find_known_model(name) == nullptr;
}

WeightsFile weights_of_known(const std::vector<std::string>& files, const std::string& name) {
  const auto [model, sources] = recognise(files, name);
  WeightsFile weights;
  weights.info = model->info;
  for (const MatchedSource& matched : sources) {
    const ImportedGraph& imported = weights.owners.emplace_back(matched.path).network();
    check_batches(matched.path, imported);
    const std::string& part = matched.source.part;
    for (const auto& [tensor, view] : imported.tensors) weights.tensors[part + tensor] = view;
    const std::string key = part.empty() ? "graph" : "graph:" + part.substr(0, part.size() - 1);
    weights.metadata[key] = to_json(imported.graph).dump();
    weights.metadata.insert(imported.metadata.begin(), imported.metadata.end());
    weights.info.provenance["sha256 of " + matched.source.file] = matched.source.sha256;
  }
  return weights;
}

const std::string& only_file(const std::vector<std::string>& files) {
  if (files.size() != 1) fail<UsageError>("a new model consists of one file, not {}", files.size());
  return files[0];
}

/// An embedder that no table knows: size and dimension are the graph's own.
WeightsFile weights_of_stranger(const std::vector<std::string>& files,
                                const ImportOptions& options) {
  const std::string& path = only_file(files);
  WeightsFile weights;
  const ImportedGraph& imported = weights.owners.emplace_back(path).network();
  check_batches(path, imported);
  const auto& shape = imported.graph.input_shape;
  if (shape.size() != 4 || shape[1] != 3 || shape[2] < 1 || shape[3] < 1) {
    fail("{}: cannot be imported as an embedder: it does not say how large its colour images are",
         path);
  }
  const auto outputs = GraphNetwork(imported).run(at::zeros({1, 3, shape[2], shape[3]}));
  if (outputs.size() != 1 || outputs[0].dim() != 2) {
    fail("{}: cannot be imported as an embedder: it does not return one vector for each image",
         path);
  }
  weights.metadata["graph"] = to_json(imported.graph).dump();
  weights.tensors = imported.tensors;
  weights.info = find_known_model("nn2")->info;  // for the thresholds that nobody has measured
  weights.info.name = options.name;
  weights.info.network = "graph";
  weights.info.height = static_cast<int>(shape[2]);
  weights.info.width = static_cast<int>(shape[3]);
  weights.info.embedding = static_cast<int>(outputs[0].size(1));
  weights.info.normalisation = options.normalisation.value_or(kUsualNormalisation);
  weights.info.alignment = options.alignment.value_or("arcface-112");
  weights.info.provenance.erase("architecture");
  weights.info.provenance["file"] = fs::path(path).filename().string();
  weights.info.provenance["sha256"] = sha256_of_file(path).hex();
  return weights;
}

/// State that others' files carry and inference has no use for.
bool is_surplus(const std::string& tensor) {
  return tensor.ends_with(".num_batches_tracked") || tensor.starts_with("logits.");
}

std::string first_few(const std::vector<std::string>& names) {
  constexpr std::size_t kFew = 5;
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(kFew, names.size()));
  return fmt::format("{}{}", fmt::join(names.begin(), end, ", "),
                     names.size() > kFew ? fmt::format(" and {} more", names.size() - kFew) : "");
}

/// Weights of a network that facenet designs, from a file that names them as the network does.
WeightsFile weights_of_network(const std::vector<std::string>& files,
                               const ImportOptions& options) {
  const std::string& path = only_file(files);
  const KnownModel* model = find_known_model(options.network);
  if (model == nullptr) {
    fail<UsageError>("\"{}\" is not a network that facenet knows", options.network);
  }
  const SafetensorsFile file(path);
  const NetworkDesign design = design_network(model->info, {});
  WeightsFile weights;
  weights.info = model->info;
  std::vector<std::string> missing;
  for (const Parameter& parameter : design.parameters) {
    const auto found = file.tensors().find(parameter.name);
    if (found == file.tensors().end()) {
      missing.push_back(parameter.name);
    } else if (found->second.shape != parameter.shape) {
      fail("{}: its tensor \"{}\" has shape {}, but {} has {}", path, parameter.name,
           fmt::join(found->second.shape, "x"), options.network, fmt::join(parameter.shape, "x"));
    } else {
      weights.tensors[parameter.name] = found->second;
    }
  }
  std::vector<std::string> unknown;
  for (const auto& [tensor, view] : file.tensors()) {
    if (!weights.tensors.contains(tensor) && !is_surplus(tensor)) unknown.push_back(tensor);
  }
  if (!missing.empty())
    fail("{}: lacks tensors of {}: {}", path, options.network, first_few(missing));
  if (!unknown.empty()) {
    fail("{}: has tensors that {} does not have: {}", path, options.network, first_few(unknown));
  }
  own(weights.tensors, weights.owner);
  if (!options.name.empty()) weights.info.name = options.name;
  weights.info.provenance["file"] = fs::path(path).filename().string();
  weights.info.provenance["sha256"] = sha256_of_file(path).hex();
  weights.metadata["graph"] = to_json(design.graph).dump();
  return weights;
}

bool is_own(const std::vector<std::string>& files) {
  return files.size() == 1 && files[0].ends_with(".safetensors") &&
         SafetensorsFile(files[0]).metadata().contains("facenet");
}

/// Weights that facenet has written: what they say of themselves stays, the name may change.
WeightsFile weights_of_own(const std::string& path, const ImportOptions& options) {
  const SafetensorsFile file(path);
  WeightsFile weights;
  weights.info = read_model_info(file);
  if (!options.name.empty()) weights.info.name = options.name;
  weights.metadata = file.metadata();
  weights.tensors = file.tensors();
  own(weights.tensors, weights.owner);
  return weights;
}

WeightsFile read_weights(const std::vector<std::string>& files, const ImportOptions& options) {
  const bool own_file = options.network.empty() && is_own(files);
  if (options.network.empty() && !own_file && is_new_name(options.name)) {
    return weights_of_stranger(files, options);
  }
  WeightsFile weights = !options.network.empty() ? weights_of_network(files, options)
                        : own_file               ? weights_of_own(files[0], options)
                                                 : weights_of_known(files, options.name);
  if (options.normalisation || options.alignment) {
    fail<UsageError>(
        "{} already says what it takes: --bgr, --mean, --divisor and --alignment are for new "
        "embedders",
        weights.info.name);
  }
  return weights;
}

}  // namespace

std::string import_model(const std::vector<std::string>& files, const ImportOptions& options) {
  if (files.empty()) fail<UsageError>("no files to import");
  WeightsFile weights = read_weights(files, options);
  const std::string path = options.output.empty()
                               ? weights_file_in(user_data_folder() + "/models", weights.info.name)
                               : options.output;
  if (const fs::path folder = fs::path(path).parent_path(); !folder.empty()) {
    make_folder(folder.string());
  }
  if (options.half) halve(weights.tensors, weights.owner);
  weights.metadata["facenet"] = to_json(weights.info).dump();
  write_safetensors(path, weights.tensors, std::move(weights.metadata), options.overwrite);
  return path;
}

}  // namespace facenet

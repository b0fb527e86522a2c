#include "nn/import_model.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <ATen/ATen.h>
#include <c10/util/accumulate.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "nn/graph_network.h"
#include "nn/model_store.h"

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
      fail("{}: its SHA-256 {} is not that of a file of {} ({}); get the published file", files[i],
           hashes[i], model.info.name, fmt::join(names, ", "));
    }
  }
  fail("the model {} is made of {} files: {}", model.info.name, names.size(),
       fmt::join(names, ", "));
}

std::pair<const KnownModel*, std::vector<MatchedSource>> recognise(
    const std::vector<std::string>& files, const std::string& name) {
  if (files.empty()) fail<UsageError>("no files to import");
  std::vector<std::string> hashes;
  for (const std::string& file : files) hashes.push_back(sha256_of_file(file).hex());
  if (!name.empty()) {
    const KnownModel* model = find_known_model(name);
    if (model == nullptr) fail<UsageError>("\"{}\" is not a model that facenet can import", name);
    auto matched = match(*model, files, hashes);
    if (matched.empty()) fail_wrong_files(*model, files, hashes);
    return {model, std::move(matched)};
  }
  for (const KnownModel& model : known_models()) {
    auto matched = match(model, files, hashes);
    if (!matched.empty()) return {&model, std::move(matched)};
  }
  fail("{}: is not a file (or, with the others given, not all files) of a model that facenet knows",
       files[0]);
}

ImportedGraph import_file(const std::string& path) {
  if (path.ends_with(".onnx")) return import_onnx(path);
  if (path.ends_with(".tflite")) return import_tflite(path);
  if (path.ends_with(".dat")) return import_dlib(path);
  fail("{}: is neither .onnx nor .tflite nor dlib's .dat", path);
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

void ensure_folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail("{}: cannot create the folder: {}", folder.string(), error.message());
}

}  // namespace

std::string import_model(const std::vector<std::string>& files, const std::string& name,
                         const std::string& output, bool overwrite) {
  const auto [model, sources] = recognise(files, name);
  ModelInfo info = model->info;
  std::map<std::string, std::string> metadata;
  std::map<std::string, TensorView> tensors;
  std::vector<ImportedGraph> owners;
  for (const MatchedSource& matched : sources) {
    const ImportedGraph& imported = owners.emplace_back(import_file(matched.path));
    check_batches(matched.path, imported);
    const std::string& part = matched.source.part;
    for (const auto& [tensor, view] : imported.tensors) tensors[part + tensor] = view;
    const std::string key = part.empty() ? "graph" : "graph:" + part.substr(0, part.size() - 1);
    metadata[key] = to_json(imported.graph).dump();
    metadata.insert(imported.metadata.begin(), imported.metadata.end());
    info.provenance["sha256 of " + matched.source.file] = matched.source.sha256;
  }
  metadata["facenet"] = to_json(info).dump();
  std::string path =
      output.empty() ? weights_file_in(user_data_folder() + "/models", info.name) : output;
  ensure_folder_of(path);
  write_safetensors(path, tensors, std::move(metadata), overwrite);
  return path;
}

}  // namespace facenet

#include "weights/model_store.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/logging.h"
#include "weights/safetensors.h"
#include "weights/script_options.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".safetensors";

bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

[[noreturn]] void fail_not_found(const std::string& name) {
  std::string names;
  for (const KnownModel& model : known_models()) {
    if (model.sources.empty()) continue;
    names += (names.empty() ? "" : ", ") + model.info.name;
  }
  fail(
      "no weights for the model \"{}\" in {}; run scripts/models or \"facenet model import\" "
      "(known models: {}), or give a path",
      name, fmt::join(model_folders(), ", "), names);
}

}  // namespace

std::vector<std::string> model_folders() {
  const fs::path program = executable_folder();
  const fs::path shared = program.parent_path() / "share" / "facenet";
  std::vector<std::string> folders;
  if (const char* chosen = std::getenv("FACENET_MODELS"); chosen != nullptr && *chosen != '\0') {
    folders = {chosen};
  } else {
    folders = {(program / "models").string(), (shared / "models").string()};
    try {
      folders.push_back(user_data_folder() + "/models");
    } catch (const Error&) {
      // A service account without a home still finds the models of its installation.
      log_debug("no home folder, so no models of the user");
    }
  }
  folders.push_back((program / "built-in").string());
  folders.push_back((shared / "built-in").string());
  return folders;
}

std::string weights_file_in(const std::string& folder, const std::string& name) {
  return (fs::path(folder) / (name + std::string(kExtension))).string();
}

std::string find_model(const std::string& name_or_path) {
  if (std::string_view(name_or_path) == kAutoEmbedder) return find_model(default_embedder());
  if (name_or_path.find('/') != std::string::npos || name_or_path.ends_with(kExtension) ||
      is_script(name_or_path)) {
    if (!is_file(name_or_path)) fail("{}: there is no such weights file", name_or_path);
    return name_or_path;
  }
  for (const std::string& folder : model_folders()) {
    std::string path = weights_file_in(folder, name_or_path);
    if (is_file(path)) return path;
  }
  fail_not_found(name_or_path);
}

std::string lasting_name(const std::string& name_or_path) {
  return find_model(name_or_path) == name_or_path ? absolute_path(name_or_path) : name_or_path;
}

std::string default_embedder() {
  const std::vector<std::string> folders = model_folders();
  const bool is_there = std::ranges::any_of(folders, [](const std::string& folder) {
    return is_file(weights_file_in(folder, kDefaultEmbedder));
  });
  return is_there ? kDefaultEmbedder : kBuiltInEmbedder;
}

std::vector<StoredModel> list_models() {
  std::map<std::string, std::string> paths;
  for (const std::string& folder : model_folders()) {
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(folder, absent)) {
      const fs::path& path = entry.path();
      if (path.extension() == kExtension) paths.emplace(path.stem().string(), path.string());
    }
  }
  std::vector<StoredModel> models;
  for (const auto& [name, path] : paths) {
    try {
      models.push_back({path, read_model_info(SafetensorsFile(path))});
    } catch (const Error& error) {
      log_warning("{}", error.what());
    }
  }
  return models;
}

}  // namespace facenet

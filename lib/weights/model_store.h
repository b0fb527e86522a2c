#pragma once

#include <string>
#include <vector>

#include "weights/model_info.h"

namespace facenet {

inline constexpr const char* kDefaultEmbedder = "mobilefacenet-512";
/// Name that means default_embedder().
inline constexpr const char* kAutoEmbedder = "auto";
inline constexpr const char* kDefaultDetector = "yunet";
/// Trained by facenet itself and part of it (models/README.md): less exact, but always there.
inline constexpr const char* kBuiltInEmbedder = "facenet-nn4";

/// Folders that hold weights, in order of search: $FACENET_MODELS or, when it is not set, `models`
/// beside the program, `../share/facenet/models` of an installation, the user's data folder; in
/// any case last those with the weights that come with facenet.
std::vector<std::string> model_folders();

/// FOLDER/NAME.safetensors
std::string weights_file_in(const std::string& folder, const std::string& name);

/// The weights file that `name_or_path` means: a path when it has a slash or ends in .safetensors
/// (or as TorchScript files do), else NAME.safetensors in the first of model_folders() that has it.
/// kAutoEmbedder is default_embedder(). Throws Error that says where it looked and how to get the
/// weights.
std::string find_model(const std::string& name_or_path);

/// A model as a catalog should know it: a path that is right wherever later runs start, or a name.
/// Throws as find_model().
std::string lasting_name(const std::string& name_or_path);

/// The embedder to use where none is asked for: kDefaultEmbedder, or kBuiltInEmbedder where its
/// weights are not there.
std::string default_embedder();

/// Every weights file in model_folders(), sorted by name; a name found twice counts once, the
/// first.
struct StoredModel {
  std::string path;
  ModelInfo info;
};
/// Files that cannot be read are warned about and left out.
std::vector<StoredModel> list_models();

/// Models that facenet knows how to make, from published files or by training: the table of names,
/// input sizes, normalisations, alignment, builders, thresholds and provenance.
struct KnownModel {
  ModelInfo info;
  /// SHA-256 of each source file, in the order of the import command's arguments.
  struct Source {
    std::string part;  ///< prefix of its tensors ("pnet."), empty for a single network
    std::string file;  ///< published file name
    std::string sha256;
  };
  std::vector<Source> sources;  ///< none for a network that facenet designs itself
};
const std::vector<KnownModel>& known_models();
/// Nothing (null) when the name is not in the table.
const KnownModel* find_known_model(const std::string& name);

}  // namespace facenet

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weights/model_info.h"

namespace facenet {

/// From 0..255 to -1..1, red first: what most published embedders take.
inline constexpr Normalisation kUsualNormalisation{
    .bgr = false, .mean = {127.5F, 127.5F, 127.5F}, .divisor = {127.5F, 127.5F, 127.5F}};

struct ImportOptions {
  /// Of the model. A name in known_models() wants files with that entry's hashes; any other makes a
  /// new embedder of one .onnx or .tflite file. Empty: the entry that has the files' hashes. A file
  /// that facenet has written, a trained one say, takes any name, and keeps its own where this is
  /// empty.
  std::string name{};
  /// Network of known_models() whose parameters a foreign .safetensors file holds by name; empty
  /// for files that hold their own network.
  std::string network{};
  std::string output{};  ///< file to write; empty: NAME.safetensors in the user's model folder
  bool overwrite = false;
  bool half = false;  ///< store fractions in 16 bits
  /// Of a new embedder: what its training did to pixels (else kUsualNormalisation), and where it
  /// put faces (else arcface-112). Other models know theirs.
  std::optional<Normalisation> normalisation{};
  std::optional<std::string> alignment{};
};

/// Reads published weights (.onnx, .tflite, .safetensors, dlib's .dat) and writes one file of
/// facenet's; returns its path. Throws Error: an unknown file, a wrong hash, an operator that has
/// no translation, a tensor that is missing, unknown or of another shape (each named). UsageError:
/// options that contradict each other.
std::string import_model(const std::vector<std::string>& files, const ImportOptions& options);

}  // namespace facenet

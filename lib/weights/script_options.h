#pragma once

#include <string>

#include "weights/model_info.h"

namespace facenet {

/// What a TorchScript file does not say of itself: how faces are to be shown to its module, which
/// maps [N, 3, H, W] to [N, D].
struct ScriptOptions {
  /// A TorchScript file holds code, which runs with all rights of the user; nothing of it is loaded
  /// without this.
  bool trust = false;
  int input_size = 0;  ///< edge of the faces; 0: what the module accepts, when that is one size
  /// ORDER,MEAN,DIVISOR: "rgb" or "bgr", then one number for all channels or three in that order. A
  /// pixel becomes (value - MEAN) / DIVISOR.
  std::string pixels = "rgb,127.5,127.5";
  std::string alignment = "arcface-112";  ///< name of a template in face/align.h
  int dimension = 0;                      ///< D; known after probe_script() (script_network.h)

  /// Throws UsageError.
  void validate() const;
};

/// The name or path of a model means a TorchScript file.
bool is_script(const std::string& model);

/// Throws UsageError that says how to allow it.
void check_trust(const std::string& path, const ScriptOptions& options);

/// Throws UsageError when the text is not of the form that ScriptOptions says.
Normalisation parse_pixels(const std::string& text);

/// The description of a TorchScript file as an embedder. It has no thresholds, which only a
/// measurement could tell.
ModelInfo script_info(const std::string& path, const ScriptOptions& options);

}  // namespace facenet

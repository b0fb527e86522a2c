#pragma once

#include <string>

#include "weights/model_info.h"
#include "weights/script_options.h"

namespace facenet {

struct EmbedderOptions {
  std::string model = "auto";  ///< name or path, see find_model()
  bool flip = true;  ///< add the vector of the mirror image, worth 0.0004 of accuracy on LFW
  int batch = 32;    ///< faces that the threads share out among themselves
  /// Numbers that convolutions compute with: "fp32", "bf16" (about twice as fast, on processors
  /// that multiply them) or "auto" (bf16 where the processor does).
  std::string precision = "fp32";

  ScriptOptions script = {};  ///< where the model is a TorchScript file

  /// Throws UsageError.
  void validate() const;
};

/// What a weights file says of its embedder.
struct EmbedderFile {
  std::string path;
  ModelInfo info;
  std::string weights_sha256;
};

/// Reads the description of an embedder without loading its network; that of a TorchScript file is
/// made of the options, which probe_script() must have completed. Throws Error: no such model, a
/// damaged file, a file that is no embedder.
EmbedderFile describe_embedder(const EmbedderOptions& options);

}  // namespace facenet

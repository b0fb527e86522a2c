#pragma once

#include <memory>
#include <string>

#include "weights/script_options.h"

namespace at {
class Tensor;
}

namespace facenet {

/// Runs the module of a TorchScript file: inference only. Several threads may call run() at once.
class ScriptNetwork {
 public:
  /// Runs the file's code. Throws Error that names the file: not TorchScript, or an error of its
  /// own.
  explicit ScriptNetwork(const std::string& path);
  ~ScriptNetwork();

  /// [N, 3, H, W] -> [N, D]. Throws Error that says what the module gave instead, or its message.
  at::Tensor run(const at::Tensor& images) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Completes the options by running the module on empty faces: the size, when it is not given, is
/// the one of the usual sizes that the module accepts. Throws UsageError without trust, and Error
/// when the module gives no vectors, or accepts several sizes or none.
ScriptOptions probe_script(const std::string& path, ScriptOptions options);

}  // namespace facenet

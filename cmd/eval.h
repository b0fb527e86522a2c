#pragma once

#include <string>
#include <vector>

#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/face_vectors.h"

namespace facenet {

/// What the protocols of `facenet eval` share.
struct EvalOptions {
  CommonOptions common;
  OutputOptions output;
  AnalyserOptions analyser;
  std::string mode = "aligned";
  std::vector<std::string> folders;  ///< one

  EvalOptions();
  const std::string& root() const { return folders.front(); }
  Framing framing() const;

  /// DIR, --mode, and the options of all commands that look at photos.
  void add(CommandLine& line, const std::string& folder_help);
  /// After parsing. Throws UsageError.
  void apply();
};

/// The protocols, each with options of its own beside these.
ExitStatus run_eval_identities(Arguments arguments);
ExitStatus run_eval_lfw(Arguments arguments);

}  // namespace facenet

#pragma once

#include <string>
#include <vector>

#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "train/eval/face_vectors.h"

namespace facenet {

/// What the protocols of `facenet eval` share.
struct EvalOptions {
  CommonOptions common;
  OutputOptions output;
  AnalyserOptions analyser;
  std::string mode = "aligned";
  int splits = 5;                    ///< of the people, for standard errors
  bool force = false;                ///< replace files that exist
  std::vector<std::string> folders;  ///< one

  EvalOptions();
  const std::string& root() const { return folders.front(); }
  Framing framing() const;

  /// --splits, for protocols over all pairs.
  void add_splits(CommandLine& line);
  /// --force, for protocols that write files.
  void add_force(CommandLine& line);
  /// --mode, and the options of all commands that look at photos.
  void add_options(CommandLine& line);
  /// These and DIR.
  void add(CommandLine& line, const std::string& folder_help);
  /// After parsing. Throws UsageError.
  void apply();

  /// Throws Error when the file exists and may not be replaced; an empty name is free.
  void require_free(const std::string& file) const;
  /// Writes a page or picture and says so.
  void write(const std::string& file, const std::string& content) const;
};

/// The protocols, each with options of its own beside these.
ExitStatus run_eval_identities(Arguments arguments);
ExitStatus run_eval_lfw(Arguments arguments);
ExitStatus run_eval_sensitivity(Arguments arguments);
ExitStatus run_eval_ytf(Arguments arguments);

}  // namespace facenet

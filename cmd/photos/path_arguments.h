#pragma once

#include <string>
#include <vector>

#include "cmd/command_line.h"
#include "pipeline/exclusion.h"

namespace facenet {

/// The photos and folders that a command is to look at: PATH..., and with --from0 those that a file
/// or standard input lists; without what --exclude leaves out below them.
struct PathArguments {
  std::vector<std::string> paths;
  std::string list;                  ///< --from0; "-": standard input
  std::vector<std::string> exclude;  ///< patterns
  bool follow_links = false;         ///< also out of the folders
  std::string shard;                 ///< "2/4": of what is there, one part

  /// `missing`: what the message says when there are none, "PATH: give photos or folders". `least`:
  /// 0 where a command can do without paths, else 1.
  void add(CommandLine& line, const std::string& missing, std::size_t least);

  /// To be called after parsing: adds the paths of the list. False when there is a list and nothing
  /// in it, which has been said. Throws Error, UsageError.
  bool read();

  /// The option --shard, for commands whose results can be put together.
  void add_shard(CommandLine& line);

  /// Throws UsageError when a pattern is empty, or the shard is none.
  Exclusion exclusion() const;

 private:
  std::string missing_;
  std::size_t least_ = 0;
  bool takes_shard_ = false;
};

}  // namespace facenet

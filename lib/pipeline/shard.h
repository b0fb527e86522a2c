#pragma once

#include <optional>
#include <string>

namespace facenet {

/// One part of the photos of some folders, for one of several processes or machines that share them
/// without talking to each other. A file belongs to the part that its size and its first 64 KiB
/// say, so that copies of a photo go to one, and a file can be told without reading all of it.
struct Shard {
  int number = 1;  ///< 1 ... count
  int count = 1;

  /// False for the files of the others. One that cannot be read belongs to the first, which says so.
  bool holds(const std::string& path) const;
};

/// "2/4". Throws UsageError.
Shard parse_shard(const std::string& text);

/// By RANK and WORLD_SIZE, as torchrun, Slurm's and mpirun's wrappers set them; nothing when they
/// are not set, or there is one process. Throws UsageError when they make no sense.
std::optional<Shard> shard_of_environment();

}  // namespace facenet

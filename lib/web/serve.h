#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace facenet {

struct ServeOptions {
  std::string catalog{};
  int port = 8765;
  int tries = 1;  ///< ports from there on that may be taken instead
  /// The words with which this program prints the find_insight() of the catalog: in a process of
  /// its own, as it takes much memory for a while.
  std::vector<std::string> insight{};
  int threads = 1;
  std::int64_t cache_bytes = 256 << 20;  ///< of faces that were cut once
};

/// Lets the people of a catalog be looked at and named in a browser of this machine, until a signal
/// comes. `started` is called with the link once there is somebody to answer. Throws Error.
void serve(const ServeOptions& options,
           const std::function<void(const std::string& link)>& started);

}  // namespace facenet

#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace facenet {

/// What a run of this program left.
struct ChildRun {
  int status = -1;      ///< exit status; 128 + the signal that ended it
  std::string out{};    ///< of stdout
  std::string error{};  ///< the last line of stderr, without "facenet: "
};

/// Runs `facenet ARGUMENTS` with `input` as its stdin, in a process of its own: what it loads, and
/// what goes wrong there, is gone with it. It is killed after `most` time, when a signal comes
/// (base/interrupt.h), and when `stop` becomes true. Throws Error when it cannot be started.
ChildRun run_facenet(const std::vector<std::string>& arguments, std::string_view input,
                     std::chrono::seconds most, const std::atomic<bool>* stop = nullptr);

}  // namespace facenet

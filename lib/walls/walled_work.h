#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "base/file.h"

namespace facenet {

struct WorkLimits {
  std::int64_t most_memory = 0;       ///< bytes, besides what the process has mapped already
  std::int64_t most_output = 0;       ///< bytes
  std::chrono::seconds most_time{0};  ///< of a processor
};

/// Does `work` in a child process that holds no open file and has raised its walls (walls.h), and
/// gives what it has written. The child is a copy of this process: whatever `work` needs must be in
/// memory before. So a bug of a parser, or a file that was made to find one, costs this one result,
/// which is a stranger's word all the same, and wants to be checked.
///
/// `name`: of the file that it is about, for messages. Throws Error: that of `work`, with its
/// message, or how the process ended (a signal, too much memory, output or time), and Interrupted.
MappedFile work_behind_walls(const std::string& name, const WorkLimits& limits,
                             const std::function<void(std::ostream&)>& work);

}  // namespace facenet

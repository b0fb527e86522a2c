#pragma once

namespace facenet {

/// Threads that the process may use: the processors of its affinity mask and cgroup quota, not
/// those of the machine.
int available_threads();

}  // namespace facenet

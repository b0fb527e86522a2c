#pragma once

#include <cstdint>

namespace facenet {

/// Takes from this process and its threads, for good, all that decoding a photo does not need: it
/// can start no program and no process, reach no network and no other process, write no file, read
/// none but those of the system's libraries (Landlock; where the kernel has it), and use no more
/// than `most_memory` bytes of address space. What it holds open stays. Calls that are forbidden
/// fail with EPERM; libraries that try them go on without.
///
/// False where the kernel has no system call filter (seccomp); the limits hold all the same. Under
/// sanitizers, which need more than that, nothing is done.
bool raise_walls(std::int64_t most_memory);

}  // namespace facenet

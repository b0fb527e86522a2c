#pragma once

#include <chrono>

namespace facenet {

/// From now on this process's TCP connections fail when the machine at the other end has not been
/// heard of for `patience`, at least a few seconds: one that lost its power or its network says no
/// goodbye. A process that is busy is no such case, as its machine answers for it.
void notice_dead_machines(std::chrono::seconds patience);

}  // namespace facenet

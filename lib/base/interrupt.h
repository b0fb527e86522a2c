#pragma once

#include <exception>

#include "base/error.h"

namespace facenet {

/// From here on SIGINT and SIGTERM only set a flag, so that work can stop between two photos and
/// commit. A second signal ends the process at once.
void install_interrupt_handlers();

/// True once a signal came.
bool interrupted();

/// kInterrupt or kTerminate, by the signal that came.
ExitStatus interrupt_status();

/// Ends a computation that has nothing to save, on its way to main(), which says so.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped by a signal"; }
};

/// For long loops. Throws Interrupted once a signal came.
inline void stop_if_interrupted() {
  if (interrupted()) throw Interrupted();
}

/// While this lives, a signal ends the read that waits for somebody to type: it fails in place of
/// going on.
class InterruptibleRead {
 public:
  InterruptibleRead();
  ~InterruptibleRead();
  InterruptibleRead(const InterruptibleRead&) = delete;
  InterruptibleRead& operator=(const InterruptibleRead&) = delete;
};

}  // namespace facenet

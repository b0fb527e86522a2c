#pragma once

#include <exception>

#include "base/error.h"

namespace facenet {

/// From here on SIGINT, SIGTERM, SIGHUP and SIGPIPE only set a flag, so that work can stop between
/// two photos and commit. A second SIGINT or SIGTERM ends the process at once. SIGHUP and SIGPIPE
/// stay ignored where they are, as nohup(1) has it.
void install_interrupt_handlers();

/// True once a signal came.
bool interrupted();

/// kInterrupt, kTerminate and so on, by the signal that came first.
ExitStatus interrupt_status();

/// True when that was SIGPIPE: whoever read the output has gone (`| head`), and nobody waits for
/// a message either.
bool reader_has_gone();

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

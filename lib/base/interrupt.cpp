#include "base/interrupt.h"

#include <csignal>
#include <initializer_list>

namespace facenet {
namespace {

volatile std::sig_atomic_t received_signal = 0;

/// Only these come from somebody who insists. SIGHUP comes twice when a terminal is closed, from
/// the kernel and from the shell, and SIGPIPE with each write.
bool insists(int signal) {
  return signal == SIGINT || signal == SIGTERM;
}

void on_signal(int signal) {
  if (received_signal == 0) {
    received_signal = signal;
  } else if (insists(signal)) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

bool is_ignored(int signal) {
  struct sigaction present {};
  return sigaction(signal, nullptr, &present) == 0 && present.sa_handler == SIG_IGN;
}

void install(int flags) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = flags;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
    if (insists(signal) || !is_ignored(signal)) sigaction(signal, &action, nullptr);
}

}  // namespace

void install_interrupt_handlers() {
  // Files are read on after a signal: half a photo would be taken for a broken one.
  install(SA_RESTART);
}

InterruptibleRead::InterruptibleRead() {
  install(0);
}

InterruptibleRead::~InterruptibleRead() {
  install(SA_RESTART);
}

bool interrupted() {
  return received_signal != 0;
}

bool reader_has_gone() {
  return received_signal == SIGPIPE;
}

ExitStatus interrupt_status() {
  switch (received_signal) {
    case SIGTERM:
      return ExitStatus::kTerminate;
    case SIGHUP:
      return ExitStatus::kHangUp;
    case SIGPIPE:
      return ExitStatus::kBrokenPipe;
    default:
      return ExitStatus::kInterrupt;
  }
}

}  // namespace facenet

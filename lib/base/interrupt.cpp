#include "base/interrupt.h"

#include <csignal>
#include <initializer_list>

namespace facenet {
namespace {

volatile std::sig_atomic_t received_signal = 0;

void on_signal(int signal) {
  if (received_signal != 0) {  // the user insists
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  received_signal = signal;
}

void install(int flags) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = flags;
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
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

ExitStatus interrupt_status() {
  return received_signal == SIGTERM ? ExitStatus::kTerminate : ExitStatus::kInterrupt;
}

}  // namespace facenet

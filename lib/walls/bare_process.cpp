#include "walls/bare_process.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace facenet {
namespace {

/// A library that tries to write a file (SIGXFSZ) shall do without.
void ignore_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGXFSZ})
    std::signal(signal, SIG_IGN);
}

void close_all_but(int kept) {
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, standard);
  const auto after = static_cast<unsigned>(STDERR_FILENO + 1);
  if (kept < 0) {
    ::close_range(after, ~0U, 0);
    return;
  }
  const auto middle = static_cast<unsigned>(kept);
  if (middle > after) ::close_range(after, middle - 1, 0);
  ::close_range(std::max(after, middle + 1), ~0U, 0);
}

}  // namespace

void make_bare(const char* name, int kept) {
  ignore_signals();
  close_all_but(kept);
  ::prctl(PR_SET_NAME, name);
}

}  // namespace facenet

#include "web/child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"

namespace facenet {
namespace {

using Clock = std::chrono::steady_clock;

/// A file without a name that holds the bytes.
Descriptor memory_file(std::string_view bytes) {
  Descriptor file(::memfd_create("facenet-input", MFD_CLOEXEC));
  while (file.get() >= 0 && !bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0) fail("cannot keep what was sent: {}", std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (file.get() < 0 || ::lseek(file.get(), 0, SEEK_SET) != 0)
    fail("cannot keep what was sent: {}", std::strerror(errno));
  return Descriptor(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0));  // it cannot be moved
}

std::string all_of(int file) {
  std::string bytes;
  std::array<char, 4096> part{};
  ::lseek(file, 0, SEEK_SET);
  for (ssize_t count = 0; (count = ::read(file, part.data(), part.size())) > 0;)
    bytes.append(part.data(), static_cast<std::size_t>(count));
  return bytes;
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  text.erase(0, text.rfind('\n') + 1);
  constexpr std::string_view kPrefix = "facenet: ";
  if (text.starts_with(kPrefix)) text.erase(0, kPrefix.size());
  return text;
}

/// -1: it had not ended by itself, and was killed.
int wait_for(pid_t child, Clock::time_point deadline, const std::atomic<bool>* stop) {
  constexpr std::chrono::milliseconds kStep{10};
  int status = 0;
  for (;;) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) return -1;
    if (Clock::now() > deadline || interrupted() || (stop != nullptr && *stop)) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return -1;
    }
    std::this_thread::sleep_for(kStep);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ChildRun run_facenet(const std::vector<std::string>& arguments, std::string_view input,
                     std::chrono::seconds most, const std::atomic<bool>* stop) {
  const Descriptor in = memory_file(input);
  const Descriptor out = memory_file("");
  const Descriptor error = memory_file("");
  std::vector<std::string> words = {"facenet"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, error.get(), STDERR_FILENO);
  pid_t child = 0;
  const int failure =
      ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) fail("cannot start facenet: {}", std::strerror(failure));

  ChildRun run{.status = wait_for(child, Clock::now() + most, stop)};
  run.out = all_of(out.get());
  run.error = run.status < 0 ? "that took too long" : last_line(all_of(error.get()));
  return run;
}

}  // namespace facenet
